import type { CollectorPlatform } from "../../collector/ports.ts";
import type { CollectorAccount, CollectorModule } from "../errcode/account.ts";
import { createCallbackReader } from "./callback/reader.ts";
import type { XmlParser } from "./callback/xml.ts";
import { openWechatLogin } from "./login.ts";

/** WeChat's part of a collector, with its dependencies: no other command needs the XML parser. */
export async function loadWechatCollector(): Promise<CollectorModule> {
  const { SaxesParser } = await import("saxes");
  return { open: (account) => openWechatCollector(account, SaxesParser) };
}

function openWechatCollector(account: CollectorAccount, Parser: XmlParser): CollectorPlatform {
  const { login, close } = openWechatLogin(account);
  return { login, close, callback: (options) => createCallbackReader({ ...options, Parser }) };
}
