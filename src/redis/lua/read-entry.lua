-- fragment: read_entry(bytes) tells which codes one pool entry holds. Prepended to the scripts that look into pools.
--
-- The twin of src/pool/read-entry.ts: same answers, held together by a property test. Builds on read-json.lua and
-- read-java.lua.
--
-- Returns nil for an entry that is not understood, else
--   { raw = the bytes, base = text the positions refer to, double = base was a JSON string inside JSON,
--     list = true when base is an array of codes, codes = { { f = formId, ok = false for garbage,
--     e = expiry in epoch ms, u = uses or nil, us..ue = digits of uses, s..t = the code's text } } }

local MAX_JAVA_BYTES = 2048
local JAVA_MAGIC = "\172\237\0\5"

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

-- Seconds have 10 digits, milliseconds 13, microseconds 16, nanoseconds 19. All else merely looks like a time.
local function to_ms(v)
  if v >= 1e9 and v < 1e10 then return math.floor(v * 1e3) end
  if v >= 1e12 and v < 1e13 then return math.floor(v) end
  if v >= 1e15 and v < 1e16 then return math.floor(v / 1e3) end
  if v >= 1e18 and v < 1e19 then return math.floor(v / 1e6) end
end

local function read_expire(node)
  if not node then return nil end
  local v = node.v
  if node.t == "s" then v = (#v <= 16 or #v == 19) and find(v, "^%d+$") and tonumber(v) or nil end
  if (node.t ~= "n" and node.t ~= "s") or not v then return nil end
  return to_ms(v)
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
    code.u, code.us, code.ue = uses.v, uses.s, uses.s and uses.s + #uses.text - 1
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

-- An object, or a text that holds JSON. Only with one code that is good for one message: such an entry is taken whole,
-- so nothing of it is ever written anew.
local function read_java_entry(bytes)
  if #bytes > MAX_JAVA_BYTES then return nil end
  local value = read_java(bytes)
  if value and value.t == "s" then value = read_document(value.v) end
  local code = value and read_code(value)
  if not code or code.u then return nil end
  code.s, code.t = 1, #bytes
  return { raw = bytes, base = bytes, codes = { code } }
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
  if sub(bytes, 1, 4) == JAVA_MAGIC then return read_java_entry(bytes) end
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
