-- fragment: reading a bounded piece of a pool for the caller, because entries are parsed in TypeScript (src/pool/read-entry.ts).
-- Pieces of many pools are returned as one text with the bytes of all, and a line of lengths for each pool: replies in many
-- parts cost the client's parser more than everything else it does with them.

-- A piece ends with the chunk that reaches this size, of two entries at least; and the maximum for all pieces of a call: about a
-- millisecond of Redis' time. More is read only where long entries come after many short ones: chunks double.
local PIECE_BYTES, CALL_BYTES = 32768, 262144
-- The cost of an entry besides its bytes.
local ENTRY_COST = 64

local blob, room = {}, CALL_BYTES

-- Appends an entry and returns its length; "-" for one that is too long to be read.
local function pack(bytes)
  if #bytes > MAX_BYTES then return "-" end
  blob[#blob + 1] = bytes
  return #bytes
end

-- At most `count` entries from an index on; `head`: the first one, if it was read already. Returns the line's words: "end" if
-- the pool ends with them, else "more", then their lengths; "later" when the call's budget is spent; or the key's type if it
-- is not a list.
local function read_piece(pool, from, count, head)
  if room <= 0 then return "later" end
  local words, bytes, i, size = { "more" }, 0, from, 1
  local chunk = head and { head }
  while i < from + count and (bytes < PIECE_BYTES or i < from + 2) do
    size = math.min(size, from + count - i)
    chunk = chunk or try_read("LRANGE", pool, i, i + size - 1)
    if chunk.err then return redis.call("TYPE", pool).ok end
    for _, raw in ipairs(chunk) do
      words[#words + 1] = pack(raw)
      bytes = bytes + #raw + ENTRY_COST
    end
    i = i + #chunk
    if #chunk < size then
      words[1] = "end"
      break
    end
    chunk, size = nil, 2 * size
  end
  room = room - bytes
  return table.concat(words, " ")
end
