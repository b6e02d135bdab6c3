-- title: Requests whose token was not accepted, by what was wrong with it and by hour
-- parameter since DateTime64(6, 'UTC') = 1 day ago: the earliest request that counts
-- parameter rows UInt32 = 100: the most lines
SELECT
    toStartOfHour(requested_at) AS hour,
    auth_outcome,
    count() AS requests,
    uniqExact(route) AS routes,
    topK(1)(route)[1] AS most_asked_route,
    max(requested_at) AS last_request
FROM api_gateway.api_requests
WHERE auth_outcome NOT IN ('accepted', 'anonymous') AND requested_at >= {since:DateTime64(6, 'UTC')}
GROUP BY hour, auth_outcome
ORDER BY hour DESC, requests DESC, auth_outcome
LIMIT {rows:UInt32}
