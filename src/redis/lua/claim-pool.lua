-- Takes the first valid code off one user's pool, in one step that nobody can come between. For backends that send messages
-- of their own. Expired codes met on the way are dropped; what is not understood stays where it is. Of a code with several
-- uses it takes one. The pool is never given a lifetime. Needs Redis 6.2 or newer.
--
-- KEYS  1 the pool
-- ARGV  1 list index to go on from: 0, or what the call before has answered
-- Returns an array, by its first number:
--       0 no code   the pool has no valid code
--       1 claimed   formId, when it expires (epoch ms, as text), the entry: its bytes, to be put back at the left end of the
--                   pool (LPUSH) when the message surely was not sent
--       2 more      the pool is long: list index to go on from
--
-- All but the last lines are the reader of entries that push-cli itself works with: both sides take the same codes.

local BUDGET = 400
local pool = KEYS[1]

local found = find_code(pool, tonumber(ARGV[1] or 0), now_ms(), nil, { left = BUDGET })
if found.pick then
  local pick = found.pick
  local code = pick.entry.codes[pick.k]
  local rest, own = take_use(pick.entry, pick.k)
  found.edits[pick.index] = rest or false
  -- There is no record that would keep the code if only half of this were done.
  apply_edits(pool, found.edits, true)
  return { 1, code.f, string.format("%.0f", code.e), own }
end
local removed = apply_edits(pool, found.edits)
if found.more then return { 2, resume_index(found, removed) } end
return { 0 }
