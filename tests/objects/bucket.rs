//! A bucket on this machine: `moto` of `PyPI`, which speaks as S3 does, behind a door that can be shut.

use crate::real_clients::packages::install_python_as;
use crate::support::not_run;
use std::io::{BufRead, BufReader};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// The bucket's process; it goes when this is dropped.
pub(crate) struct Bucket {
    child: Child,
    door: Door,
}

impl Bucket {
    /// Starts one; `None`, which is told, where it cannot be installed.
    pub(crate) fn start(test: &str) -> Option<Self> {
        static INSTALLING: Mutex<()> = Mutex::new(());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/objects/s3");
        let installed = {
            let _alone = INSTALLING.lock();
            install_python_as("moto", &folder)
        };
        let python = match installed {
            Ok(python) => python,
            Err(reason) => {
                not_run::tell(test, &reason);
                return None;
            }
        };
        let mut command = Command::new(python);
        command.arg(folder.join("server.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().expect("it starts");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut port).expect("a port");
        let port = port.trim().parse().expect("a port");
        Some(Self { child, door: Door::before(port) })
    }

    /// What tells a server of it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("MUSTER_OBJECT_STORE", "s3://lake/of/muster".to_owned()),
            ("MUSTER_OBJECT_STORE_ENDPOINT", format!("http://127.0.0.1:{}", self.door.port)),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// The names of all segments in it.
    pub(super) fn segments(&self) -> Vec<String> {
        let url = format!("http://127.0.0.1:{}/lake?list-type=2&prefix=of/muster/segments/", self.door.to);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let listed = runtime.block_on(async { reqwest::get(&url).await?.text().await }).expect("a list");
        let keys = listed.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
        keys.filter_map(|(key, _)| key.rsplit_once('/')).map(|(_, name)| name.to_owned()).collect()
    }

    /// Has nobody reach it.
    pub(crate) fn shut(&self) {
        self.door.set_open(false);
    }

    /// Has it reached again.
    pub(crate) fn open(&self) {
        self.door.set_open(true);
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Connections that go on to another port of this machine as long as it is open.
struct Door {
    port: u16,
    to: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    is_open: bool,
    through: Vec<TcpStream>,
}

impl Door {
    fn before(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State { is_open: true, through: Vec::new() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let mut state = shared.lock().expect("nobody panics with it");
                // One that is not let through is closed as it is dropped.
                if !state.is_open {
                    continue;
                }
                let Ok(far) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                for (from, onto) in [(&near, &far), (&far, &near)] {
                    let mut ends = [from, onto].map(|end| end.try_clone().expect("a connection"));
                    std::thread::spawn(move || {
                        let [from, onto] = &mut ends;
                        let _ = std::io::copy(from, onto);
                        let _ = onto.shutdown(Shutdown::Both);
                    });
                }
                state.through.extend([near, far]);
            }
        });
        Self { port, to, state }
    }

    fn set_open(&self, is_open: bool) {
        let mut state = self.state.lock().expect("nobody panics with it");
        state.is_open = is_open;
        if !is_open {
            for connection in state.through.drain(..) {
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
    }
}
