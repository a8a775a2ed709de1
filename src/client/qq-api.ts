import type { MiniProgramApi } from "./api.ts";

/** What QQ's `qq` has in other words than `wx`. Source: q.qq.com, "qq.subscribeAppMsg". */
export interface QqApi {
  subscribeAppMsg(options: object): unknown;
}

/** QQ's prompt takes 3 templates; the failure is the one that QQ names for more. */
const MOST = 3;

/** `qq` in the shape of `wx`: its prompt for subscriptions gives the same results and failures. */
export function adaptQqApi(qq: Partial<MiniProgramApi> & QqApi): Partial<MiniProgramApi> {
  return Object.assign(Object.create(qq), {
    requestSubscribeMessage: ((options) => {
      if (options.tmplIds.length > MOST) options.fail({ errCode: 20003 });
      else return qq.subscribeAppMsg(Object.assign({ subscribe: true }, options));
    }) as MiniProgramApi["requestSubscribeMessage"],
  });
}
