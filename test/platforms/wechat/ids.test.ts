import { describe, expect, it } from "vitest";
import { WECHAT_IDS } from "../../../src/platforms/wechat/ids.ts";
import { openChannel } from "../open.ts";

const { doubtTemplateId } = WECHAT_IDS;

const WECHAT = "4bG2hT7kQ_9wXc-ZpL0aVn3sYd8uRe6fJi1oMb5gKtE";
const QQ = "1b5a2f3c4d5e6f708192a3b4c5d6e7f8";

describe("at the platform's own hosts it is certain that an id is none", () => {
  it.each([
    "https://api.weixin.qq.com",
    "https://api2.weixin.qq.com",
    "https://sh.api.weixin.qq.com",
    "https://API.WEIXIN.QQ.COM:443/",
    "https://api.weixin.qq.com.",
  ])("%s", (apiBase) => {
    expect(doubtTemplateId(apiBase, WECHAT)).toBeUndefined();
    for (const id of ["order-shipped", "cancel", WECHAT.slice(1), `${WECHAT}x`, QQ]) {
      expect(doubtTemplateId(apiBase, id)).toEqual({
        isCertain: true,
        text: `'${id}' can't be a template of WeChat, whose ids have 43 letters, digits, _ and -`,
      });
    }
  });

  it("https://api.q.qq.com", async () => {
    const { doubtTemplateId } = await openChannel({
      apiBase: "https://api.q.qq.com",
      channel: "qq-template",
    });
    for (const id of [QQ, WECHAT, "x".repeat(20), "x".repeat(64)])
      expect(doubtTemplateId("https://api.q.qq.com", id)).toBeUndefined();
    for (const id of ["order-shipped", "x".repeat(19), "x".repeat(65)])
      expect(doubtTemplateId("https://api.q.qq.com", id)).toMatchObject({
        isCertain: true,
        text: expect.stringContaining("20 to 64"),
      });
  });
});

describe("elsewhere it is a doubt", () => {
  it.each([
    "http://127.0.0.1:8077",
    "https://proxy.example.com/api.weixin.qq.com",
    "https://api.weixin.qq.com.example.com",
    "https://notapi.weixin.qq.com",
  ])("%s", (apiBase) => {
    expect(doubtTemplateId(apiBase, WECHAT)).toBeUndefined();
    expect(doubtTemplateId(apiBase, "order-shipped")).toMatchObject({ isCertain: false });
  });
});
