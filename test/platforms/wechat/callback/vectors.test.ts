import { describe, expect, it } from "vitest";
import { GRANT, openReader, refusalOf } from "./pushes.ts";

/** The vendor's, of its page "message push". */
const VENDOR = {
  token: "AAAAA",
  aesKey: "A".repeat(43),
  appid: "wxba5fad812f8e6fb9",
};
const ENCRYPT =
  "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";

describe("the vendor's vectors", () => {
  const query = {
    signature: "f464b24fc39322e44b38aa78f5edd27bd1441696",
    timestamp: "1714036504",
    nonce: "1514711492",
    echostr: "4375120948345356249",
  };
  const check = (changes: object) =>
    openReader({ ...VENDOR, nowSec: 1_714_036_504 }).checkUrl({
      query: { ...query, ...changes },
      headers: {},
      body: Buffer.alloc(0),
    });

  it("echoes upon the check of the URL", () => {
    expect(check({})).toBe("4375120948345356249");
    expect(refusalOf(() => check({ nonce: "1514711493" }))).toBe("bad_signature");
  });

  it("takes the push of the plain mode", () => {
    const body = Buffer.from('{"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}');
    const signed = {
      signature: "899cf89e464efb63f54ddac96b0a0a235f53aa78",
      timestamp: "1714037059",
      nonce: "486452656",
    };
    const read = (changes: object) =>
      openReader({ token: VENDOR.token, nowSec: 1_714_037_059 }).read({
        query: { ...signed, ...changes },
        headers: {},
        body,
      });
    expect(read({})).toEqual({ events: [{ kind: "other", name: "event" }], answer: "success" });
    expect(refusalOf(() => read({ timestamp: "1714037060" }))).toBe("bad_signature");
  });

  it("takes the push of the safe mode by msg_signature, whatever the signature beside it", () => {
    const signed = {
      signature: "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
      timestamp: "1714112445",
      nonce: "415670741",
      encrypt_type: "aes",
      msg_signature: "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
    };
    const read = (changes: object, body: string) =>
      openReader({ ...VENDOR, nowSec: 1_714_112_445 }).read({
        query: { ...signed, ...changes },
        headers: {},
        body: Buffer.from(body),
      });
    const json = JSON.stringify({ ToUserName: "gh_97417a04a28d", Encrypt: ENCRYPT });
    const xml = `<xml><ToUserName>gh_97417a04a28d</ToUserName><Encrypt><![CDATA[${ENCRYPT}]]></Encrypt></xml>`;
    const event = { events: [{ kind: "other", name: "event" }], answer: "success" };
    expect(read({}, json)).toEqual(event);
    expect(read({ signature: undefined }, xml)).toEqual(event);
    expect(refusalOf(() => read({ msg_signature: signed.signature }, json))).toBe("bad_signature");
    expect(refusalOf(() => read({ msg_signature: undefined }, json))).toBe("not_signed");
  });

  it("opens the envelope of the vendor's reply", () => {
    const encrypted =
      "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==";
    const request = {
      query: {
        timestamp: "1713424427",
        nonce: "415670741",
        msg_signature: "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1",
      },
      headers: {},
      body: Buffer.from(JSON.stringify({ Encrypt: encrypted })),
    };
    // {"demo_resp":"good luck"}
    expect(openReader({ ...VENDOR, nowSec: 1_713_424_427 }).read(request).events).toEqual([
      { kind: "other", name: "unknown" },
    ]);
    expect(
      refusalOf(() => openReader({ ...VENDOR, appid: "wx1", nowSec: 1_713_424_427 }).read(request)),
    ).toBe("wrong_appid");
  });
});

describe("with a key that is not all zero, and a padding of", () => {
  const read = (msg_signature: string, Encrypt: string) =>
    openReader({ aesKey: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" }).read({
      query: { timestamp: "1795000001", nonce: "42", msg_signature, encrypt_type: "aes" },
      headers: {},
      body: Buffer.from(JSON.stringify({ Encrypt })),
    });

  it("12 bytes: a message of more bytes than characters", () => {
    const encrypted =
      "4j/AuRx71kQlxVlzbpsMWEvqVb76/dFzFgfNnxRtqtIDhIOHMXM3aIH6V/sfIriyltCI9QYEY3n4mAsQ1UrquA==";
    expect(read("32dfc91e2e9db6a14f2f134e488c15df1b0ebf46", encrypted).events).toEqual([
      { kind: "other", name: "unknown" },
    ]);
  });

  it("32 bytes: it opens, and what is in it is no body", () => {
    const encrypted =
      "4j/AuRx71kQlxVlzbpsMWDYbJ5dp12EMVhMa/SRDfNFaCgARE3bxn5pov/RUVOv+w6tbSQs8uDUnl4TMOgCpwu5/3frELSF7qp4myb1d3lCDFKmDERkCrs3bOcRaFI6G2aJl1BBpqrACa8utRE1hufTjHOvsAAqEhiS+fI+gnb8=";
    expect(refusalOf(() => read("7f2edf7fab41f9060ae402c6da93fb2c3fcb0183", encrypted))).toBe("bad_body");
  });

  it("18 bytes: the popup event", () => {
    const encrypted =
      "4j/AuRx71kQlxVlzbpsMWHeIhURM0p7I23ZCz0KsECLRzO5tQQ1fyCAyZCk5kyUcqaAqQYGxR9WnTiRQtVltEJWhn0PuMk/XR/wdXMzS28fJq4PRfDh6tpZdlUt1vL6kuPePu2MxWOZV/MKRgKUOV9jX2DPoHaEYt4mLzXrd4cZSr8VpWMUmi+jrjbpqSbKdHnvLWGsLfS+EeBSVX3UdC7JaLQqH9quL2TtU/EO4AyohFVfmgYHK8ZKch1SBWbgNHJMCPZgJRUcNYAHnwZTSGue9d1h9p8VNX5qDKA0JXk0TycX1Rp/HXPMtPamzbZ/70qN3PGzNRHgur8WYTOFqhw==";
    expect(read("c6e7a6b8dd3c77de067aacb4b00d9ab09e06c9e6", encrypted).events).toEqual([GRANT]);
  });
});
