-- Reads several pools, oldest entries first, until they end or the limit of entries or bytes is reached. Changes nothing.
--
-- KEYS  the pools
-- ARGV  1 maximum number of entries in this call  2 approximate maximum of bytes  3 how many entries of a pool to ask for first
--       4... list index to start from, one for each pool; pools without one are read from their head
-- Returns how many of KEYS were read to their end, from the first on; the list index at which to continue in the next; what
--       was read, as one text: for each entry "<length> <bytes>", and a line end after each pool that was read to its end;
--       and, only if the next one could not be read, Redis' error. One text, because a reply with one item per entry costs the
--       client's parser more than everything else it does with it.

local left, bytes_left, first = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

-- The cost of a pool besides its entries, in units of an entry.
local POOL_COST = 3
-- Maximum number of entries to ask for at once: heavy ones may come after light ones.
local MOST = 64
-- Numbers as text: Redis converts a number into text with printf's %.17g, which takes as long as finding the list.
local FIRST_TO = string.format("%d", first - 1)
local SIZE_TEXTS = {}

local parts, n = {}, 0

local function add_all(chunk)
  local weight = 0
  for i = 1, #chunk do
    local raw = chunk[i]
    local size = #raw
    weight = weight + size
    local text = SIZE_TEXTS[size]
    if not text then
      text = size .. " "
      SIZE_TEXTS[size] = text
    end
    parts[n + 1] = text
    parts[n + 2] = raw
    n = n + 2
  end
  return weight
end

-- Reads a pool from an index on. Returns where to continue, nil at its end; and Redis' error when it could not be read.
local function read(pool, from)
  local step = math.min(first, left)
  while true do
    local chunk
    if from == 0 and step == first then
      chunk = redis.pcall("LRANGE", pool, "0", FIRST_TO)
    else
      chunk = redis.pcall("LRANGE", pool, from, from + step - 1)
    end
    if chunk.err then return from, chunk.err end
    local weight = add_all(chunk)
    left, bytes_left, from = left - #chunk, bytes_left - weight, from + #chunk
    if #chunk < step then return nil end
    if left <= 0 or bytes_left <= 0 then return from end
    -- As many as fit if they are as large as these. Their size is unknown, so the step grows slowly, and up to a limit.
    step = math.max(1, math.min(2 * step, MOST, left, math.floor(bytes_left * #chunk / weight)))
  end
end

local done, from, failure = 0, 0, nil
while done < #KEYS do
  from = tonumber(ARGV[4 + done] or "0")
  if left <= 0 or bytes_left <= 0 then break end
  from, failure = read(KEYS[done + 1], from)
  if from then break end
  n, done, left = n + 1, done + 1, left - POOL_COST
  parts[n] = "\n"
end
return { done, from or 0, table.concat(parts), failure }
