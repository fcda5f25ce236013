"""Whether Muster and ClickHouse answer the same: each answer in one form, and what is compared of it."""
import datetime

# The funnel's counts may differ by this share of all counted units: where a unit's events share an instant,
# windowFunnel and Muster order them by different rules.
FUNNEL_TOLERANCE = 0.001


def milliseconds(instant):
    return round(datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp() * 1000)


def days(buckets, field):
    return {bucket["bucket"][:10]: bucket[field] for bucket in buckets if bucket[field]}


def differs(what, ours, theirs):
    return [] if ours == theirs else [f"{what}: Muster {ours}, ClickHouse {theirs}"]


def q1(data, tables, _):
    """Equal counts; of the groups that share the last count each side may list others."""
    ours = [(row["group"]["id"], row["activeUsers"]) for row in data["activeUsers"]["rows"]]
    theirs = [(group, int(count)) for group, count in tables[0]]
    least = theirs[-1][1]
    above = lambda rows: {row for row in rows if row[1] > least}
    return differs("counts", [row[1] for row in ours], [row[1] for row in theirs]) + differs("groups", above(ours), above(theirs))


def q2(data, tables, _):
    theirs = {day: int(count) for day, count in tables[0]}
    return differs("days", days(data["group"]["activity"], "activeUsers"), theirs)


def q3(data, tables, _):
    """All workspaces, not only the first hundred."""
    rows = [row for row in data["funnel"]["rows"] if row["group"]]
    ours = {row["group"]["id"]: [step["units"] for step in row["steps"]] for row in rows}
    theirs = {group: [int(count) for count in counts] for group, *counts in tables[0]}
    none = [0, 0, 0, 0]
    pairs = [(ours.get(group, none), theirs.get(group, none)) for group in ours.keys() | theirs.keys()]
    return funnel_difference(pairs)


def q4(data, tables, _):
    ours = [step["units"] for step in data["funnel"]["steps"]]
    return funnel_difference([(ours, [int(count) for count in tables[0][0]])])


def funnel_difference(pairs):
    total = sum(sum(theirs) for _, theirs in pairs)
    apart = sum(abs(one - other) for ours, theirs in pairs for one, other in zip(ours, theirs, strict=True))
    if apart:
        print(f"  counts of the funnel are {apart} apart in all, of {total}")
    return [] if apart <= FUNNEL_TOLERANCE * total else [f"{apart} units apart, of {total}"]


def q5(data, _, returns):
    """Muster counts what nobody in particular did as a company's activity, so it is compared with that."""
    cohorts = data["retention"]["cohorts"]
    cells = lambda cohort: [(cell["column"], cell["units"]) for cell in cohort["cells"] if cell["units"]]
    ours = {(cohort["bucket"][:10], column): units for cohort in cohorts for column, units in cells(cohort)}
    theirs = {(cohort, int(weeks)): int(companies) for cohort, weeks, companies in returns}
    return differs("cells", ours, theirs)


def q6(data, tables, last):
    """Members are equal. Muster's last activity counts anonymous events too, so it is compared with those."""
    ours = {group["id"]: group for group in data.values() if group}
    members = {group: figures["metrics"]["activeUsers"] for group, figures in ours.items()}
    ours_last = {group: milliseconds(figures["lastActiveAt"]) for group, figures in ours.items()}
    theirs = {group: int(count) for group, count, _ in tables[0]}
    theirs_last = {group: int(at) for group, at in last}
    seen = {group: count for group, count in members.items() if count}
    return differs("members", seen, theirs) + differs("last activity", ours_last, theirs_last)


def q7(data, tables, _):
    group, (totals, members, names, paths, activity) = data["group"], tables
    metrics = group["metrics"]
    ours = [metrics["events"], milliseconds(metrics["firstSeenAt"]), milliseconds(metrics["lastSeenAt"])]
    counted = lambda rows: [(name, int(count)) for name, count in rows]
    return (
        differs("totals", ours, [int(figure) for figure in totals[0]])
        + differs("members", group["memberCount"], int(members[0][0]))
        + differs("events", [(row["name"], row["events"]) for row in group["topEvents"]], counted(names))
        + differs("paths", [(row["path"], row["events"]) for row in group["topPaths"]], counted(paths))
        + differs("days", days(group["activity"], "events"), dict(counted(activity)))
    )


CHECKS = {"Q1": q1, "Q2": q2, "Q3": q3, "Q4": q4, "Q5": q5, "Q6": q6, "Q7": q7}
# The statement whose rows a check looks at besides the question's own.
BESIDES = {"Q5": "returns", "Q6": "last"}
