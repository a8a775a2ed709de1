-- fragment: read_document(bytes) reads one JSON document. Prepended to read-entry.lua.
--
-- The twin of src/pool/json-reader.ts: same grammar, same answers, held together by a property test. Not cjson,
-- because a claim has to cut one code out of an entry and leave every other byte as the writer left it, which
-- needs positions; and because cjson accepts hexadecimal numbers, NaN and raw control characters.
--
-- Returns nil for what is no such document, else a node with the positions of its first and last byte, s and e:
--   { t = "s", v = text }, { t = "n", v = number, text = digits, int = an integer }, { t = "a", items },
--   { t = "o", fields = name -> node }, { t = "l", text = "true", "false" or "null" }.

local MAX_DEPTH = 8
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
