-- ClickHouse at its best: one row per event and group, in the order in which groups are asked about.
-- @Q1
SELECT g, uniqExact(profile_id) AS c FROM xg
WHERE project_id = 'bench' AND type = 'org' AND created_at >= toDateTime64('${from30}', 3, 'UTC') AND created_at < toDateTime64('${to}', 3, 'UTC')
  AND NOT anon GROUP BY g ORDER BY c DESC, g LIMIT 100
-- @Q2
SELECT toString(toDate(created_at)) AS d, uniqExact(profile_id) AS c FROM xg
WHERE project_id = 'bench' AND type = 'org' AND g = '${company}' AND NOT anon GROUP BY d ORDER BY d
-- @Q3
WITH f AS (
  SELECT profile_id, g, windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(created_at)),
    name = 'signup', name = 'project_created', name = 'invite_sent', name = 'report_exported') AS level
  FROM xg WHERE project_id = 'bench' AND type = 'ws' AND name IN ('signup', 'project_created', 'invite_sent', 'report_exported')
  GROUP BY profile_id, g)
SELECT g, countIf(level >= 1) AS c1, countIf(level >= 2) AS c2, countIf(level >= 3) AS c3, countIf(level >= 4) AS c4
FROM f WHERE level > 0 GROUP BY g ORDER BY c4 DESC, c3 DESC, c2 DESC, c1 DESC, g LIMIT ${rows}
-- @Q4
WITH f AS (
  SELECT g, windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(created_at)),
    name = 'signup', name = 'project_created', name = 'invite_sent', name = 'report_exported') AS level
  FROM xg WHERE project_id = 'bench' AND type = 'org' AND name IN ('signup', 'project_created', 'invite_sent', 'report_exported')
  GROUP BY g)
SELECT countIf(level >= 1) AS c1, countIf(level >= 2) AS c2, countIf(level >= 3) AS c3, countIf(level >= 4) AS c4 FROM f
-- @Q5
WITH w AS (SELECT g, toMonday(created_at) AS wk FROM xg WHERE project_id = 'bench' AND type = 'org' AND NOT anon GROUP BY g, wk),
c AS (SELECT g, min(wk) AS c0 FROM w GROUP BY g)
SELECT toString(c.c0) AS cohort, dateDiff('week', c.c0, w.wk) AS n, count() AS companies
FROM w INNER JOIN c ON w.g = c.g GROUP BY cohort, n ORDER BY cohort, n
-- @Q6
SELECT g, uniqExact(profile_id) AS members, toUnixTimestamp64Milli(max(created_at)) AS last_active FROM xg
WHERE project_id = 'bench' AND type = 'org' AND g IN (${companies}) AND NOT anon GROUP BY g ORDER BY g
-- @Q7
SELECT count(), toUnixTimestamp64Milli(min(created_at)), toUnixTimestamp64Milli(max(created_at)) FROM xg
WHERE project_id = 'bench' AND type = 'org' AND g = '${company}';
SELECT count() FROM profiles WHERE has(groups, '${company}');
SELECT name, count() AS n FROM xg WHERE project_id = 'bench' AND type = 'org' AND g = '${company}'
  AND name NOT IN ('screen_view', 'session_start', 'session_end') GROUP BY name ORDER BY n DESC, name LIMIT 10;
SELECT path, count() AS n FROM xg WHERE project_id = 'bench' AND type = 'org' AND g = '${company}'
  AND name = 'screen_view' GROUP BY path ORDER BY n DESC, path LIMIT 10;
SELECT toString(toDate(created_at)) AS d, count() AS n FROM xg
WHERE project_id = 'bench' AND type = 'org' AND g = '${company}' GROUP BY d ORDER BY d
-- @last
-- For the check alone: Muster's last activity counts anonymous events, OpenPanel's does not.
SELECT g, toUnixTimestamp64Milli(max(created_at)) FROM xg
WHERE project_id = 'bench' AND type = 'org' AND g IN (${companies}) GROUP BY g
-- @returns
-- For the check alone: what nobody in particular did is a company's activity for Muster, not in Q5 above.
WITH w AS (SELECT g, toMonday(created_at) AS wk FROM xg WHERE project_id = 'bench' AND type = 'org' GROUP BY g, wk),
c AS (SELECT g, min(wk) AS c0 FROM w GROUP BY g)
SELECT toString(c.c0) AS cohort, dateDiff('week', c.c0, w.wk) AS n, count() AS companies
FROM w INNER JOIN c ON w.g = c.g GROUP BY cohort, n ORDER BY cohort, n
