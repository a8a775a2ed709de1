-- fragment: the records of the ledger, and moving a code from its pool into one and back.
-- Prepended, after read-entry.lua and take-code.lua, to the scripts that claim and release for a broadcast.

-- A claimed record, one line of words and then the bytes to put back:
--   claimed <run> <attempt> <at ms> <multi> <k> <expire ms> <formId> <length of own>\n<own><source>
-- source is the entry the code came from, when something of that entry stayed in the pool.
local function claimed_record(run, attempt, now, pick, own, source)
  local code = pick.entry.codes[pick.k]
  local multi = multi_of(code.u, code.f)
  local line = string.format("claimed %s %d %.0f %d %d %.0f %s %d\n", run, attempt, now, multi, pick.k, code.e,
    code.f, #own)
  return line .. own .. source, multi
end

local function read_claimed(record)
  local run, attempt, at, multi, k, e, f, size, body = match(record,
    "^claimed (%S+) (%d+) (%d+) (%d) (%d+) (%-?%d+) (%S+) (%d+)\n(.*)$")
  if not run then return nil end
  size = tonumber(size)
  return { run = run, attempt = tonumber(attempt), at = at, multi = tonumber(multi), k = tonumber(k), e = e, f = f,
    own = sub(body, 1, size), source = sub(body, size + 1), body = body, size = size }
end

-- A final record, enough of the code in it to send with it again when the operator asks:
--   <outcome> <run> <attempts> <at ms> <errcode or -> <formId or -> <msgid or -> <multi> <expire ms>
local function final_record(outcome, run, attempts, now, errcode, msgid, claimed)
  return string.format("%s %s %s %.0f %s %s %s %d %s", outcome, run, attempts, now, errcode, claimed and claimed.f or "-",
    msgid, claimed and claimed.multi or 0, claimed and claimed.e or "0")
end

local function read_final(record)
  local outcome, run, attempts, at, errcode, f, msgid, multi, e = match(record,
    "^(%S+) (%S+) (%d+) (%d+) (%S+) (%S+) (%S+) (%d) (%-?%d+)$")
  if not outcome or outcome == "claimed" then return nil end
  return { outcome = outcome, run = run, attempts = tonumber(attempts), at = at, errcode = errcode, f = f,
    msgid = msgid, multi = tonumber(multi), e = e }
end

-- Writes the record first: it is the only write that Redis may refuse for lack of memory, and a refusal must
-- come before anything has changed.
local function write_record(ledger, id, record, ttl)
  redis.call("HSET", ledger, id, record)
  redis.call("PEXPIRE", ledger, ttl)
end

-- Moves the found code off the pool into a claimed record. Returns what the caller needs to send with it.
local function take_found(pool, ledger, id, run, ttl, now, found)
  local pick = found.pick
  local code = pick.entry.codes[pick.k]
  local rest, own = take_use(pick.entry, pick.k)
  local record, multi = claimed_record(run, 1, now, pick, own, rest and pick.raw or "")
  write_record(ledger, id, record, ttl)
  if rest then found.edits[pick.index] = rest else found.edits[pick.index] = false end
  apply_edits(pool, found.edits)
  return { 1, code.f, string.format("%.0f", code.e), multi, 1, found.expired, found.refused }
end

-- Puts a claimed code back at the left of its pool, byte for byte: into the entry it was cut from when that entry
-- is still as the claim left it, else as an entry of its own. Not for a claim without bytes: a retry of an
-- `unknown` record, whose code was spent before.
local function put_back(pool, claimed)
  if claimed.source ~= "" then
    local entry = read_entry(claimed.source)
    local rest = entry and take_use(entry, claimed.k)
    for index, raw in ipairs(redis.call("LRANGE", pool, 0, CHUNK - 1)) do
      if raw == rest then
        redis.call("LSET", pool, index - 1, claimed.source)
        return
      end
    end
  end
  redis.call("LPUSH", pool, claimed.own)
end
