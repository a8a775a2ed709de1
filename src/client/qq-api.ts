import type { FoundApi, MiniProgramApi } from "./api.ts";

/** The functions of QQ's `qq` that differ from `wx`. Source: q.qq.com, "qq.subscribeAppMsg". */
export interface QqApi {
  subscribeAppMsg(options: object): unknown;
}

/** Adapts `qq` to the shape of `wx`: its prompt for subscriptions returns the same results and failures. */
export function adaptQqApi(qq: Partial<MiniProgramApi> & QqApi): FoundApi {
  return Object.assign(Object.create(qq), {
    promptSize: 3,
    requestSubscribeMessage: ((options) =>
      qq.subscribeAppMsg(
        Object.assign({ subscribe: true }, options),
      )) as MiniProgramApi["requestSubscribeMessage"],
  });
}
