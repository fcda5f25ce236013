"""ClickHouse's own engine (chdb) behind Arrow Flight SQL, in one process: it proves what ClickHouse makes of a
statement and how its answers are read, and nothing about a cluster. Prints its port once it listens; ends when its
standard input does."""

import sys
import threading

import chdb
import pyarrow as pa
import pyarrow.flight as flight


def field(message, wanted):
    """The bytes of a field of a protobuf message that has only such."""
    place = 0

    def number():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(message):
        key, length = number(), number()
        if key == wanted << 3 | 2:
            return message[place : place + length]
        place += length
    return b""


class Server(flight.FlightServerBase):
    def __init__(self):
        super().__init__("grpc://127.0.0.1:0")
        self.alone, self.answers, self.last = threading.Lock(), {}, 0

    def get_flight_info(self, context, descriptor):
        # An `Any` with a `CommandStatementQuery`, whose first field is the statement.
        statement = field(field(descriptor.command, 2), 1).decode()
        with self.alone:
            try:
                answer = chdb.query(statement, "ArrowStream").bytes()
            except Exception as error:
                raise flight.FlightInternalError(str(error))
            table = pa.ipc.open_stream(answer).read_all()
            self.last += 1
            self.answers[str(self.last).encode()] = table
            endpoint = flight.FlightEndpoint(str(self.last).encode(), [])
        return flight.FlightInfo(table.schema, descriptor, [endpoint], table.num_rows, -1)

    def do_get(self, context, ticket):
        with self.alone:
            return flight.RecordBatchStream(self.answers.pop(ticket.ticket))


server = Server()
print(server.port, flush=True)
threading.Thread(target=server.serve, daemon=True).start()
sys.stdin.read()
