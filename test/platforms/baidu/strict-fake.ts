import { type HttpDouble, serveHttp } from "../servers.ts";

/** What a message asked for, as the service understood it. */
export interface Understood {
  path: string;
  token: string | null;
  form: Record<string, string>;
}

/** The parameters that the vendor's pages of the two calls list: required, and possible besides. */
const PAGES: Record<string, { required: string[]; optional: string[]; oneOf?: string[] }> = {
  "/rest/2.0/smartapp/template/send": {
    required: ["template_id", "data", "scene_id", "scene_type"],
    oneOf: ["touser", "touser_openId"],
    optional: ["page", "ext"],
  },
  "/rest/2.0/smartapp/template/message/subscribe/send": {
    required: ["template_id", "touser_openId", "subscribe_id", "data"],
    optional: ["page"],
  },
};

/**
 * Baidu by the vendor's pages alone, without anything of ours: a form and no JSON, the token in the query, no parameter twice and
 * none that the page does not list. `answer`: what it says to a message that is right.
 */
export async function serveBaidu(
  answer = '{"errno":0,"msg":"success","data":{"msg_key":158}}',
): Promise<{ server: HttpDouble; understood: Understood[] }> {
  const understood: Understood[] = [];
  const server = await serveHttp((response, { method, url, headers, body }) => {
    const say = (text: string) => response.writeHead(200, { "content-type": "application/json" }).end(text);
    const { pathname, searchParams } = new URL(url, "http://baidu");
    const page = PAGES[pathname];
    if (!page || method !== "POST") return say('{"error_code":3,"error_msg":"Unsupported openapi method"}');
    const token = searchParams.get("access_token");
    if (!token) return say('{"error_code":110,"error_msg":"Access token invalid or no longer valid"}');
    if (headers["content-type"] !== "application/x-www-form-urlencoded")
      return say('{"errno":2002,"msg":"params error"}');
    const pairs = [...new URLSearchParams(body)];
    const form = Object.fromEntries(pairs);
    const names = Object.keys(form);
    const { required, optional, oneOf = [] } = page;
    const isWhole = required.every((name) => form[name]) && names.length === pairs.length;
    const isKnown = names.every((name) => [...required, ...optional, ...oneOf].includes(name));
    const isOne = oneOf.length === 0 || oneOf.filter((name) => form[name]).length === 1;
    if (!isWhole || !isKnown || !isOne) return say('{"errno":2002,"msg":"params error"}');
    understood.push({ path: pathname, token, form });
    say(answer);
  });
  return { server, understood };
}
