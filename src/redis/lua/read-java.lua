-- fragment: read_java(bytes) reads one Java-serialized value. Prepended to read-entry.lua.
--
-- The twin of src/pool/java-reader.ts: same grammar, same answers, held together by a property test. A script's functions
-- are made anew at each call, and few pools hold Java: so the reader is made when the first such entry is met.
--
-- Returns nil for what is not understood, else a value as read-json.lua makes them, without positions; "other" is the
-- text of what has no counterpart in JSON.

local function make_java_reader()
  local MAX_DEPTH, FIRST_HANDLE = 8, 8257536
  local NULL, OTHER = { t = "l", text = "null" }, { t = "l", text = "other" }
  local WHOLE, OPAQUE = { B = 1, I = 4, J = 8, S = 2 }, { C = 2, D = 8, F = 4, Z = 1 }
  -- Classes that stand for what is in one of their fields.
  local WRAPPED = { ["java.lang.Byte"] = "value", ["java.lang.Short"] = "value", ["java.lang.Integer"] = "value",
    ["java.lang.Long"] = "value", ["java.util.Arrays$ArrayList"] = "a" }
  -- Raised from deep inside and caught at the end; any other error is passed on.
  local NOT_UNDERSTOOD = {}
  local bytes, at, handles
  local read_value

  local byte, sub = string.byte, string.sub

  local function demand(condition)
    if not condition then error(NOT_UNDERSTOOD) end
    return condition
  end

  local function take(size)
    demand(size <= #bytes - at + 1)
    at = at + size
    return sub(bytes, at - size, at - 1)
  end

  local function u1()
    at = at + 1
    return demand(byte(bytes, at - 1))
  end

  local function u2()
    local a, b = byte(bytes, at, at + 1)
    at = at + 2
    demand(b)
    return a * 256 + b
  end

  local function u4()
    local a, b, c, d = byte(bytes, at, at + 3)
    at = at + 4
    demand(d)
    return a * 16777216 + b * 65536 + c * 256 + d
  end

  -- The first part of a whole number of so many bytes, and where its negative half begins.
  local READ, HALF = { u1, u2, [4] = u4, [8] = u4 }, { 128, 32768, [4] = 2147483648, [8] = 2147483648 }

  local function keep(value)
    handles[#handles + 1] = value
    return value
  end

  local function read_reference()
    return demand(handles[u4() - FIRST_HANDLE + 1])
  end

  local function read_number(size)
    local value, half = READ[size](), HALF[size]
    if value >= half then value = value - 2 * half end
    if size == 8 then value = value * 4294967296 + u4() end
    return { t = "n", v = value, text = string.format("%.0f", value), int = math.abs(value) < 2 ^ 53 }
  end

  local function read_string(tag)
    demand(tag == 116 or tag == 124)
    if tag == 124 then demand(u4() == 0) end
    return keep({ t = "s", v = take(tag == 116 and u2() or u4()) })
  end

  local function read_text()
    local tag = u1()
    local value = tag == 113 and read_reference() or read_string(tag)
    demand(value.t == "s")
  end

  -- A class description or a reference to one; nil for none. Its depth is set when it was read to its end.
  local function read_class(depth)
    local tag = u1()
    if tag == 112 then return nil end
    if tag == 113 then
      local known = read_reference()
      demand(known.depth)
      return known
    end
    demand(tag == 114 and depth <= MAX_DEPTH)
    local class = keep({ t = "class", name = take(u2()), fields = {} })
    take(8) -- serialVersionUID
    class.flags = u1()
    for i = 1, u2() do
      local kind = take(1)
      class.fields[i] = { kind, take(u2()) }
      if kind == "L" or kind == "[" then read_text() end
    end
    demand(u1() == 120)
    class.parent = read_class(depth + 1)
    class.depth = 1 + (class.parent and class.parent.depth or 0)
    demand(class.depth <= MAX_DEPTH)
    return class
  end

  local function read_field(kind, depth)
    if kind == "L" or kind == "[" then return read_value(u1(), depth + 1) end
    if WHOLE[kind] then return read_number(WHOLE[kind]) end
    take(demand(OPAQUE[kind]))
    return OTHER
  end

  -- What a class of its own writes behind its fields; the value that a class of Java's own stands for.
  local function read_more(class, object, depth)
    local own, items = nil, {}
    local tag = u1()
    while tag ~= 120 do
      if tag ~= 119 then
        items[#items + 1] = read_value(tag, depth + 1)
      elseif class.name == "java.util.Date" then
        demand(u1() == 8)
        own = read_number(8)
      else
        take(u1())
      end
      tag = u1()
    end
    if class.name == "java.util.ArrayList" then own = { t = "a", items = items } end
    if class.name == "java.util.HashMap" then
      for i = 1, #items - 1, 2 do
        if items[i].t == "s" then object.fields[items[i].v] = items[i + 1] end
      end
    end
    return own
  end

  local function read_data(class, object, depth)
    local inherited = class.parent and read_data(class.parent, object, depth)
    demand(class.flags == 2 or class.flags == 3 or class.flags == 12)
    if class.flags ~= 12 then
      for _, field in ipairs(class.fields) do object.fields[field[2]] = read_field(field[1], depth) end
    end
    if class.flags == 2 then return inherited end
    return read_more(class, object, depth) or inherited
  end

  -- Entries of one writer have the same descriptions at the same places, and to compare is faster than to read: for each
  -- count of handles, the last one read there.
  local seen = {}

  local function read_type()
    local count, start = #handles, at
    local old = seen[count]
    if old and sub(bytes, at, at + #old.text - 1) == old.text then
      at = at + #old.text
      for i, value in ipairs(old.handles) do handles[count + i] = value end
      return old.class
    end
    local class = read_class(1)
    local text = sub(bytes, start, at - 1)
    -- What refers to something before it (71 00 7E ..) may mean something else the next time.
    if count == 0 or not string.find(text, "q\0~", 1, true) then
      seen[count] = { text = text, class = class, handles = { unpack(handles, count + 1) } }
    end
    return class
  end

  local function read_object(depth)
    local class = demand(read_type())
    local object = keep({ t = "o", fields = {} })
    local handle = #handles
    local value = read_data(class, object, depth) or object
    local only = WRAPPED[class.name]
    if only then value = object.fields[only] or object end
    handles[handle] = value
    return value
  end

  local function read_array(depth)
    local class = read_type()
    local kind = class and sub(class.name, 2, 2) or ""
    local array = keep({ t = "a", items = {} })
    local length, size = u4(), WHOLE[kind] or OPAQUE[kind]
    if size then
      take(length * size)
    else
      for i = 1, length do array.items[i] = read_value(u1(), depth + 1) end
    end
    return array
  end

  read_value = function(tag, depth)
    demand(depth <= MAX_DEPTH)
    if tag == 112 then return NULL end
    if tag == 115 then return read_object(depth) end
    if tag == 117 then return read_array(depth) end
    if tag == 126 then
      demand(read_type())
      keep(OTHER)
      read_text()
      return OTHER
    end
    if tag ~= 113 then return read_string(tag) end
    local value = read_reference()
    demand(value.t ~= "class")
    return value
  end

  local function read_root()
    local root = read_value(u1(), 1)
    demand(at == #bytes + 1)
    return root
  end

  return function(stream)
    bytes, at, handles = stream, 5, {}
    local done, value = pcall(read_root)
    if not done and value ~= NOT_UNDERSTOOD then error(value) end
    return done and value or nil
  end
end

local java_reader

local function read_java(bytes)
  java_reader = java_reader or make_java_reader()
  return java_reader(bytes)
end
