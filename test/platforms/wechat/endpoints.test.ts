import { expect, it } from "vitest";
import { endpointsAt } from "../../../src/platforms/wechat/endpoints.ts";

it.each(["https://api.q.qq.com", "https://api.q.qq.com/api/json", "https://api.q.qq.com/"])(
  "%s has the paths of QQ mini programs and no stable token",
  (base) => {
    expect(endpointsAt(base)).toEqual({
      origin: "https://api.q.qq.com",
      host: "api.q.qq.com",
      paths: { token: "/api/getToken", stableToken: undefined, templateSend: "/api/json/template/send" },
    });
  },
);

it("every other base has the paths of WeChat", () => {
  expect(endpointsAt("https://api2.weixin.qq.com").paths).toEqual({
    token: "/cgi-bin/token",
    stableToken: "/cgi-bin/stable_token",
    templateSend: "/cgi-bin/message/wxopen/template/send",
  });
});
