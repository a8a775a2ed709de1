import type { MiniProgramApi } from "./api.ts";

/** The functions of QQ's `qq` that differ from `wx`. Source: q.qq.com, "qq.subscribeAppMsg". */
export interface QqApi {
  subscribeAppMsg(options: object): unknown;
}

/** QQ's prompt takes 3 templates; for more, this is the failure that QQ returns. */
const MOST = 3;

/** Adapts `qq` to the shape of `wx`: its prompt for subscriptions returns the same results and failures. */
export function adaptQqApi(qq: Partial<MiniProgramApi> & QqApi): Partial<MiniProgramApi> {
  return Object.assign(Object.create(qq), {
    requestSubscribeMessage: ((options) => {
      if (options.tmplIds.length > MOST) options.fail({ errCode: 20003 });
      else return qq.subscribeAppMsg(Object.assign({ subscribe: true }, options));
    }) as MiniProgramApi["requestSubscribeMessage"],
  });
}
