-- fragment: read_entry(bytes) tells which codes one pool entry holds. Prepended to the scripts that look into pools.
--
-- The twin of src/pool/read-entry.ts: same grammar, same answers, held together by a property test. Not cjson,
-- because a claim has to cut one code out of an entry and leave every other byte as the writer left it, which
-- needs positions; and because cjson accepts hexadecimal numbers, NaN and raw control characters.
--
-- Returns nil for an entry that is not understood, else
--   { raw = the bytes, base = text the positions refer to, double = base was a JSON string inside JSON,
--     list = true when base is an array of codes, codes = { { f = formId, ok = false for garbage,
--     e = expiry in epoch ms, u = uses or nil, us..ue = digits of uses, s..t = the code's text } } }

local find, sub, match = string.find, string.sub, string.match
local MAX_BYTES, MAX_DEPTH, MAX_TIME = 65536, 8, 8.64e15
local read_value

local function skip_space(s, p)
  local _, e = find(s, "^[ \t\n\r]*", p)
  return e + 1
end

local function utf8_bytes(u)
  if u < 128 then return string.char(u) end
  if u < 2048 then return string.char(192 + math.floor(u / 64), 128 + u % 64) end
  return string.char(224 + math.floor(u / 4096), 128 + math.floor(u / 64) % 64, 128 + u % 64)
end

local ESCAPES = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- p at the opening quote; returns the decoded text and the position of the closing quote.
local function read_string(s, p)
  local _, e, plain = find(s, '^"([^"\\%z\1-\31]*)"', p)
  if e then return plain, e end
  local parts, q = {}, p + 1
  while true do
    local _, stop, run = find(s, '^([^"\\%z\1-\31]*)', q)
    parts[#parts + 1] = run
    q = stop + 1
    local c = sub(s, q, q)
    if c == '"' then return table.concat(parts), q end
    if c ~= "\\" then return nil end
    local x = sub(s, q + 1, q + 1)
    if x == "u" then
      local hex = match(s, "^%x%x%x%x", q + 2)
      if not hex then return nil end
      parts[#parts + 1] = utf8_bytes(tonumber(hex, 16))
      q = q + 6
    elseif ESCAPES[x] then
      parts[#parts + 1] = ESCAPES[x]
      q = q + 2
    else
      return nil
    end
  end
end

-- JSON's number, or an integer ending in L as FastJson writes a long.
local function read_number(s, p)
  local _, e = find(s, "^%-?%d+", p)
  if not e or find(s, "^%-?0%d", p) then return nil end
  local _, fraction = find(s, "^%.%d+", e + 1)
  local _, exponent = find(s, "^[eE][+-]?%d+", (fraction or e) + 1)
  local stop = exponent or fraction or e
  local node = { t = "n", s = p, e = stop, text = sub(s, p, stop), int = stop == e }
  node.v = tonumber(node.text)
  if node.int and find(s, "^[lL]", e + 1) then node.e = e + 1 end
  return node
end

local function read_array(s, p, depth)
  local node = { t = "a", s = p, items = {} }
  local q = skip_space(s, p + 1)
  if sub(s, q, q) == "]" then
    node.e = q
    return node
  end
  while true do
    local item = read_value(s, q, depth + 1)
    if not item then return nil end
    node.items[#node.items + 1] = item
    q = skip_space(s, item.e + 1)
    local c = sub(s, q, q)
    if c == "]" then
      node.e = q
      return node
    end
    if c ~= "," then return nil end
    q = q + 1
  end
end

local function read_object(s, p, depth)
  local node = { t = "o", s = p, fields = {} }
  local q = skip_space(s, p + 1)
  if sub(s, q, q) == "}" then
    node.e = q
    return node
  end
  while true do
    q = skip_space(s, q)
    if sub(s, q, q) ~= '"' then return nil end
    local name, stop = read_string(s, q)
    if not name then return nil end
    q = skip_space(s, stop + 1)
    if sub(s, q, q) ~= ":" then return nil end
    local value = read_value(s, q + 1, depth + 1)
    if not value then return nil end
    node.fields[name] = value
    q = skip_space(s, value.e + 1)
    local c = sub(s, q, q)
    if c == "}" then
      node.e = q
      return node
    end
    if c ~= "," then return nil end
    q = q + 1
  end
end

local LITERALS = { t = "true", f = "false", n = "null" }

read_value = function(s, p, depth)
  p = skip_space(s, p)
  local c = sub(s, p, p)
  if c == '"' then
    local v, e = read_string(s, p)
    return v and { t = "s", s = p, e = e, v = v }
  end
  if c == "{" or c == "[" then
    if depth > MAX_DEPTH then return nil end
    if c == "{" then return read_object(s, p, depth) end
    return read_array(s, p, depth)
  end
  local word = LITERALS[c]
  if word then
    if sub(s, p, p + #word - 1) ~= word then return nil end
    return { t = "l", s = p, e = p + #word - 1, text = word }
  end
  return read_number(s, p)
end

local function read_document(s)
  local value = read_value(s, 1, 1)
  if not value or skip_space(s, value.e + 1) <= #s then return nil end
  return value
end

-- Jackson's type wrapper: ["java.lang.Long", 1568000000000] stands for its second item.
local function unwrap(node)
  if node.t == "a" and #node.items == 2 and node.items[1].t == "s" then return node.items[2] end
  return node
end

local FORM_ID = { "formId", "form_id", "fromId" }
local EXPIRE = { "expire", "expireTime", "expiredTime", "expire_time" }

local function first_field(fields, names)
  for _, name in ipairs(names) do
    if fields[name] then return unwrap(fields[name]) end
  end
end

local function read_form_id(node)
  if node and node.t == "s" then return node.v end
  if node and node.t == "n" and node.int then return node.text end
end

-- Below 1e11 it must be seconds: as milliseconds that would be before 1973, as seconds it is up to the year 5138.
local function read_expire(node)
  if not node then return nil end
  local v = node.v
  if node.t == "s" then v = #v <= 16 and find(v, "^%d+$") and tonumber(v) or nil end
  if (node.t ~= "n" and node.t ~= "s") or not v then return nil end
  if v > -1e11 and v < 1e11 then v = v * 1000 end
  v = math.floor(v)
  if v < -MAX_TIME or v > MAX_TIME then return nil end
  return v
end

-- What a form id can be: visible ASCII without spaces. The developer tools' excuses are words, not codes.
local function is_form_id(f)
  return #f <= 128 and find(f, "^[\33-\126]+$") ~= nil and sub(f, 1, 18) ~= "requestFormId:fail"
    and f ~= "undefined" and f ~= "null"
end

local function read_code(node)
  node = unwrap(node)
  if node.t ~= "o" then return nil end
  local f = read_form_id(first_field(node.fields, FORM_ID))
  local e = read_expire(first_field(node.fields, EXPIRE))
  if not f or not e then return nil end
  local code = { f = f, ok = is_form_id(f), e = e }
  local uses = node.fields.uses and unwrap(node.fields.uses)
  -- A serializer of an object with a nullable field writes it as null.
  if uses and not (node.fields.uses.t == "l" and uses.text == "null") then
    if uses.t ~= "n" or not uses.int or uses.v < 1 or uses.v > 1000 then return nil end
    code.u, code.us, code.ue = uses.v, uses.s, uses.s + #uses.text - 1
  end
  return code
end

local function place(code, node)
  if code then code.s, code.t = node.s, node.e end
  return code
end

local function read_list(entry, node)
  entry.list = true
  for i, item in ipairs(node.items) do
    local code = place(read_code(item), item)
    if not code then return nil end
    entry.codes[i] = code
  end
  return #entry.codes > 0 and entry or nil
end

local QUOTED = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quote_text(s)
  return '"' .. string.gsub(s, '["\\\n\r\t]', QUOTED) .. '"'
end

-- The usual plain form, its digits captured: short cuts past the reader below, which would answer the same. The first is
-- for formIds of letters and digits, as nearly all are: a class of its own matches faster than a set.
local PLAIN_WORD = '^{"formId":"%w+","expire":([1-9]%d*)}$'
local PLAIN = '^{"formId":"[^"\\%z\1-\31]+","expire":([1-9]%d*)}$'

-- The digits of the expiry in an entry of that form, up to 13; nil for any other.
local function read_plain(bytes)
  local digits = match(bytes, PLAIN_WORD) or match(bytes, PLAIN)
  if digits and #digits <= 13 and #bytes <= MAX_BYTES then return digits end
end

local function read_entry(bytes)
  if #bytes > MAX_BYTES then return nil end
  local digits = read_plain(bytes)
  if digits then
    local e = tonumber(digits)
    if e < 1e11 then e = e * 1000 end
    -- Between {"formId":" and ","expire": and the digits and }.
    local f = sub(bytes, 12, -#digits - 13)
    return { raw = bytes, base = bytes, codes = { { f = f, ok = is_form_id(f), e = e, s = 1, t = #bytes } } }
  end
  local node = read_document(bytes)
  local entry = { raw = bytes, base = bytes, codes = {} }
  if node and node.t == "s" then
    entry.base, entry.double = node.v, true
    node = read_document(node.v)
  end
  if not node then return nil end
  local single = place(read_code(node), node)
  if single then
    entry.codes[1] = single
  else
    local inner = unwrap(node)
    if inner.t ~= "a" or not read_list(entry, inner) then return nil end
  end
  -- An entry that may have to be rewritten must come out of quote_text as it went in.
  if entry.double and (entry.list or entry.codes[1].u) and quote_text(entry.base) ~= bytes then return nil end
  return entry
end
