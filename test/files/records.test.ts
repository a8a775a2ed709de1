import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readRecords } from "../../src/files/records.ts";

/** openIds, or errors, of the records in some bytes. */
async function read(bytes: string | Buffer, encoding?: string): Promise<unknown[]> {
  // In small pieces: what is cut apart must come together again.
  const whole = Buffer.from(bytes);
  const pieces = Array.from({ length: Math.ceil(whole.length / 3) }, (_, i) =>
    whole.subarray(3 * i, 3 * i + 3),
  );
  const records: unknown[] = [];
  for await (const { line, fields, error } of readRecords(Readable.from(pieces), {
    headless: ["openId"],
    encoding,
  })) {
    records.push(error === undefined ? fields.openId : `${line}: ${error}`);
  }
  return records;
}

const utf16 = (text: string) => Buffer.from(text, "utf16le");
const swapped = (text: string) => utf16(text).swap16();
/** 用户openid,昵称 / oA,张三 as Chinese Windows saves it. */
const GBK = Buffer.concat([
  Buffer.from([0xd3, 0xc3, 0xbb, 0xa7]),
  Buffer.from("openid,"),
  Buffer.from([0xea, 0xc7, 0xb3, 0xc6, 0x0a]),
  Buffer.from("oA,"),
  Buffer.from([0xd5, 0xc5, 0xc8, 0xfd, 0x0a]),
]);

describe("encodings", () => {
  it.each([
    ["UTF-8 with a byte order mark", Buffer.from("\ufeffopenId\noA\noB\n")],
    ["two files in one, each with a byte order mark", Buffer.from("\ufeffoA\n\ufeffoB\n")],
    ["UTF-16 as Excel saves it", utf16("\ufeffopenId\t昵称\r\noA\t张三\r\noB\t李四\r\n")],
    ["UTF-16, big end first", swapped("\ufeffopenId\noA\noB\n")],
    ["UTF-16 without a byte order mark", utf16("openId\noA\noB\n")],
    ["UTF-16, big end first, without a byte order mark", swapped("oA\noB")],
  ])("%s", async (_, bytes) => {
    expect(await read(bytes)).toEqual(["oA", "oB"]);
  });

  it("takes the encoding that is given", async () => {
    expect(await read(GBK, "gb18030")).toEqual(["oA"]);
    expect(await read(utf16("oA\n"), "utf-16le")).toEqual(["oA"]);
  });

  it("reads what is ASCII of an encoding that it does not know", async () => {
    expect(await read(GBK)).toEqual(["oA"]);
  });

  it("takes no openId out of bytes that are none of its encoding", async () => {
    expect(await read(Buffer.from([0x6f, 0xd5, 0x41, 0x0a]))).toEqual([
      "1: not UTF-8: set the encoding with --encoding, for example gb18030",
    ]);
    expect(await read(Buffer.from([0x6f, 0xff, 0x0a]), "gb18030")).toEqual([
      "1: not gb18030: set the encoding with --encoding, for example gb18030",
    ]);
  });

  it("refuses an encoding that there is not", async () => {
    await expect(read("oA\n", "klingon")).rejects.toMatchObject({
      kind: "usage",
      message: '--encoding: "klingon" is not an encoding',
    });
  });
});

describe("what stands between cells", () => {
  it.each([
    ["a semicolon", "openId;name\noA;a, b\noB;c\n"],
    ["a semicolon, without a header", "oA;a\noB;c\n"],
    ["a tab", "name\topenId\na, b\toA\nc\toB\n"],
    ["a tab, without a header", "oA\ta\noB\tb\n"],
    ["a comma, though there are others", "openId,a;b\noA,x;y\noB,\n"],
    ["a semicolon in quotes", 'openId;name\n"oA";"a;b"\noB;"c ""d"""\n'],
    ["what Excel says", "sep=;\nopenId;name\noA;a\noB;b\n"],
    ["what Excel says, in quotes and with another character", '"sep=|"\r\noA|a\r\noB|b\r\n'],
  ])("%s", async (_, text) => {
    expect(await read(text)).toEqual(["oA", "oB"]);
  });
});

describe("headers", () => {
  it.each(["用户openid", "wx_openid", "openID（小程序）"])("a name with more in it: %s", async (name) => {
    expect(await read(`序号,${name},昵称\n1,oA,张\n2,oB,李\n`)).toEqual(["oA", "oB"]);
    expect(await read(`序号\t${name}\n1\toA\n2\toB\n`)).toEqual(["oA", "oB"]);
  });

  it("the key of a pool is no header", async () => {
    expect(await read("mina:openid:oA\nmina:openid:oB\n")).toEqual(["mina:openid:oA", "mina:openid:oB"]);
  });

  it("two names that could be it are not guessed at", async () => {
    expect(await read("序号,unionid_openid,wx_openid\n1,oA,oB\n")).toEqual([
      "1: no column is named openId: 序号, unionid_openid, wx_openid",
      "1",
    ]);
  });

  it("a header without an openId is nobody's openId", async () => {
    expect((await read("序号,昵称\n1,张\n"))[0]).toBe("1: no column is named openId: 序号, 昵称");
  });
});

it.each(["[\n  {}\n]", '[{"openId":"oA"}]', '["oA"]', "[ "])("a JSON array is refused: %j", async (text) => {
  await expect(read(text)).rejects.toMatchObject({
    kind: "usage",
    message: "the file is a JSON array",
    hint: expect.stringContaining("jq -c '.[]'"),
  });
});
