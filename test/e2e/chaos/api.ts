import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Receipt } from "../../../src/broadcast/receipts.ts";
import { GATEWAY_PATH, type WireAlipayMessage } from "../../../src/platforms/alipay/wire.ts";
import { FORM_TYPE } from "../../../src/platforms/baidu/wire.ts";
import type { Parameters as SignedParameters } from "../../../src/sandbox/alipay/request.ts";
import { resolveSettings, type SandboxOptions } from "../../../src/sandbox/options.ts";
import { Platform, type Verdict } from "../../../src/sandbox/platform.ts";
import { handleRequest } from "../../../src/sandbox/routes.ts";
import { closeServer, createHttpServer, type HttpRequest } from "../../../src/sandbox/server.ts";

/** The sandbox with a memory: which code reached whom, and how often each was tried. */
export interface Api {
  readonly url: string;
  readonly platform: RecordingPlatform;
  /** Sends that came in, whatever became of them. */
  readonly sends: number;
  /** Requests by formId, of subscribe messages by user. */
  readonly tries: ReadonlyMap<string, number>;
  /** Resolves when `count` more sends have come in. */
  afterSends(count: number): Promise<void>;
  close(): Promise<void>;
}

/** The formIds with which each user was reached, in order; of subscribe messages their msgids. */
class RecordingPlatform extends Platform {
  readonly deliveries = new Map<string, string[]>();
  /** The first value of the first template message that reached each user, and when, epoch ms. */
  readonly firstTexts = new Map<string, { text: string; atMs: number }>();
  /** The first values of the template messages that reached each user. */
  readonly texts = new Map<string, Set<string>>();
  /** Of subscribe messages, until somebody takes them in. */
  receipts: Receipt[] = [];

  override send(token: string | undefined, body: string): Verdict {
    const verdict = super.send(token, body);
    if (verdict.errcode === 0) {
      const { touser, form_id: formId, data } = JSON.parse(body) as WireSend;
      this.record(touser, formId ?? "");
      const text = data?.keyword1?.value ?? "";
      this.texts.set(touser, (this.texts.get(touser) ?? new Set()).add(text));
      if (!this.firstTexts.has(touser)) this.firstTexts.set(touser, { text, atMs: Date.now() });
    }
    return verdict;
  }

  override sendSubscribe(token: string | undefined, body: string): Verdict {
    const verdict = super.sendSubscribe(token, body);
    if (verdict.errcode === 0) {
      const { touser: openId, template_id: templateId } = JSON.parse(body) as WireSend;
      const msgid = verdict.msgid ?? "";
      this.record(openId, msgid);
      this.receipts.push({ openId, templateId, msgid, status: "delivered", atMs: Date.now() });
    }
    return verdict;
  }

  override sendBaidu(...[kind, token, form]: Parameters<Platform["sendBaidu"]>): Verdict {
    const verdict = super.sendBaidu(kind, token, form);
    if (verdict.errcode === 0)
      this.record(form.get("touser") ?? form.get("touser_openId") ?? "", toKey(form));
    return verdict;
  }

  override sendMp(token: string | undefined, body: string): Verdict {
    return this.counting(body, () => super.sendMp(token, body));
  }

  override sendQqSubscription(token: string | undefined, body: string): Verdict {
    return this.counting(body, () => super.sendQqSubscription(token, body));
  }

  /** Where an answer of 0 need not be a delivery, or has no id. */
  private counting(body: string, send: () => Verdict): Verdict {
    const { touser } = JSON.parse(body) as WireSend;
    const count = () => this.tally.byUser.get(touser) ?? 0;
    const before = count();
    const verdict = send();
    if (count() > before) this.record(touser, verdict.msgid ?? "-");
    return verdict;
  }

  override sendAlipay(parameters: SignedParameters): Verdict {
    const verdict = super.sendAlipay(parameters);
    if (verdict.errcode === 0) {
      const { openId, formId } = readAlipay(parameters.get("biz_content"));
      this.record(openId, formId);
    }
    return verdict;
  }

  private record(openId: string, by: string): void {
    const known = this.deliveries.get(openId);
    if (known) known.push(by);
    else this.deliveries.set(openId, [by]);
  }
}

function readAlipay(text = ""): { openId: string; formId: string } {
  const message = JSON.parse(text) as WireAlipayMessage;
  return { openId: message.to_user_id ?? message.to_open_id ?? "", formId: message.form_id ?? "" };
}

interface WireSend {
  touser: string;
  template_id: string;
  form_id?: string;
  data?: { keyword1?: { value: string } };
}

/** What a message of Baidu spends. */
function toKey(form: { get(name: string): string | null | undefined }): string {
  return form.get("scene_id") ?? form.get("subscribe_id") ?? "";
}

function keyOf({ url, body, contentType }: HttpRequest): string {
  if (isAlipay(url)) return readAlipay(new URLSearchParams(body).get("biz_content") ?? "").formId;
  if (contentType === FORM_TYPE) return toKey(new URLSearchParams(body));
  const { touser, form_id: key = touser } = JSON.parse(body) as WireSend;
  return key;
}

const isAlipay = (url: string) => url.startsWith(GATEWAY_PATH);

/** Starts one on a free port of 127.0.0.1. */
export async function startApi(options: SandboxOptions): Promise<Api> {
  const platform = new RecordingPlatform(resolveSettings(options));
  const tries = new Map<string, number>();
  const waits = new Set<{ at: number; resolve(): void }>();
  let sends = 0;
  const count = (request: HttpRequest) => {
    const key = keyOf(request);
    tries.set(key, (tries.get(key) ?? 0) + 1);
    sends++;
    for (const wait of waits) {
      if (sends < wait.at) continue;
      waits.delete(wait);
      wait.resolve();
    }
  };
  const server = createHttpServer((request, reply) => {
    if (/\/(template|subscribe)\/send/i.test(request.url) || isAlipay(request.url)) count(request);
    handleRequest(platform, request, reply);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    platform,
    tries,
    get sends() {
      return sends;
    },
    afterSends: (more) => new Promise((resolve) => waits.add({ at: sends + more, resolve })),
    close: () => closeServer(server),
  };
}
