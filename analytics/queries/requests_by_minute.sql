-- title: Requests by minute and route: how many, how many failed, and how long they took
-- parameter since DateTime64(6, 'UTC') = 1 hour ago: the earliest request that counts
-- parameter route Nullable(String): one route instead of all
-- parameter rows UInt32 = 200: the most lines
SELECT
    toStartOfMinute(requested_at) AS minute,
    method,
    route,
    count() AS requests,
    countIf(status BETWEEN 400 AND 499) AS refused,
    countIf(status >= 500) AS failed,
    round(failed / requests, 4) AS error_rate,
    quantileExact(0.50)(duration_us) / 1000 AS p50_ms,
    quantileExact(0.95)(duration_us) / 1000 AS p95_ms,
    quantileExact(0.99)(duration_us) / 1000 AS p99_ms
FROM api_gateway.api_requests
WHERE requested_at >= {since:DateTime64(6, 'UTC')}
    AND ({route:Nullable(String)} IS NULL OR route = {route:Nullable(String)})
GROUP BY minute, method, route
ORDER BY minute DESC, requests DESC, route, method
LIMIT {rows:UInt32}
