-- GCRA: of each user one number is kept, the time at which all that was admitted would be paid off at the even rate.
-- KEYS[1] the counter; ARGV[1] share of one request, ARGV[2] share of the whole limit; all times in microseconds.
-- Answers {admitted, wait until the next one, the clock}. Valkey's own clock: the gateways' need not agree.
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local share, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
-- A limit that was lowered, or a clock set back, must not lock anybody out for longer than one period.
local paid_off = math.min(math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now), now + burst)
local next_one = paid_off + share
local wait = next_one - burst - now
if wait > 0 then
    return {0, wait, now}
end
redis.call('SET', KEYS[1], string.format('%.0f', next_one), 'PX', math.ceil((next_one - now) / 1000))
return {1, 0, now}
