-- Appends entries at the right of several pools of consents, for each pool all or nothing, except those whose consent the
-- user's ledger names: they are spent, or currently claimed. The caller has read the pools before, and leaves out what they
-- hold already; so a pool that has changed since is left unchanged.
--
-- KEYS  pool, ledger of its user, pool, ledger, ...: all of a user are in one slot
-- ARGV  1 "1" for a dry run: nothing is appended, and the reply is the same as if it were  then for each pool: expected number
--       of entries; the last of them, "" when there are none; number of entries to append, and two for each: id of the consent,
--       "" for one that no message spends, and the entry
-- Returns a text for each pool: "-" the pool has changed since it was read, nothing was done; "!" the key is not a list; else
--       the numbers (from 1) of those left out, separated by commas, or "." for none

local function is_as_read(pool, length, last)
  if redis.call("LLEN", pool) ~= length then return false end
  return length == 0 or redis.call("LINDEX", pool, -1) == last
end

local function push(pool, ledger, at)
  local kind = redis.call("TYPE", pool).ok
  if kind ~= "list" and kind ~= "none" then return "!" end
  if not is_as_read(pool, tonumber(ARGV[at]), ARGV[at + 1]) then return "-" end
  local spent = read_spent(ledger)
  local entries, left_out = {}, {}
  for n = 1, tonumber(ARGV[at + 2]) do
    local id = ARGV[at + 1 + 2 * n]
    if id ~= "" and spent[id] then
      left_out[#left_out + 1] = n
    else
      entries[#entries + 1] = ARGV[at + 2 + 2 * n]
    end
  end
  if #entries > 0 and ARGV[1] ~= "1" then redis.call("RPUSH", pool, unpack(entries)) end
  return #left_out > 0 and table.concat(left_out, ",") or "."
end

local replies, at = {}, 2
for i = 1, #KEYS, 2 do
  replies[#replies + 1] = push(KEYS[i], KEYS[i + 1], at)
  at = at + 3 + 2 * tonumber(ARGV[at + 2])
end
return replies
