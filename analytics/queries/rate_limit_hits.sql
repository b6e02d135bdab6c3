-- title: Requests refused because they were too many, by user and route
-- parameter since DateTime64(6, 'UTC') = 1 day ago: the earliest request that counts
-- parameter rows UInt32 = 50: the most lines
SELECT
    user_id,
    method,
    route,
    countIf(rate_limited) AS hits,
    count() AS requests,
    round(hits / requests, 4) AS share,
    minIf(requested_at, rate_limited) AS first_hit,
    maxIf(requested_at, rate_limited) AS last_hit
FROM api_gateway.api_requests
WHERE requested_at >= {since:DateTime64(6, 'UTC')}
GROUP BY user_id, method, route
HAVING hits > 0
ORDER BY hits DESC, user_id, route, method
LIMIT {rows:UInt32}
