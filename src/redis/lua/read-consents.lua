-- fragment: reading pools of plain consents, for the scripts that take consents in and withdraw them; and a user's recent events.

-- The remaining budget of the call, in units of a short entry; events are remembered for a day, the maximum age of a report;
-- and the maximum number of members.
local left = 0
local DAY_MS, SEEN_MAX = 86400000, "-1001"
local CHUNK = 64

-- Calls `visit` with id, time and standing of each consent of a pool. Returns nil, or the reply: "?" for a pool that has
-- other entries or too many, "!" for a key that is not a list.
local function visit_pool(pool, visit)
  local place = 0
  while true do
    local chunk = try_read("LRANGE", pool, place, place + CHUNK - 1)
    if chunk.err then return "!" end
    for _, raw in ipairs(chunk) do
      left = left - 1 - math.floor(#raw / 64)
      local id, at, standing = read_plain_consent(raw)
      if not id or left < 0 then return "?" end
      visit(id, tonumber(at), standing)
    end
    if #chunk < CHUNK then return nil end
    place = place + CHUNK
  end
end

local function note(seen, time, member)
  redis.call("ZADD", seen, string.format("%.0f", time), member)
end

local function trim_seen(seen, now)
  redis.call("ZREMRANGEBYSCORE", seen, "-inf", string.format("%.0f", now - DAY_MS))
  redis.call("ZREMRANGEBYRANK", seen, "0", SEEN_MAX)
  redis.call("PEXPIRE", seen, DAY_MS)
end
