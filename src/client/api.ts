/** The argument of `fail`; `my` calls its code `error`. */
export interface ApiFailure {
  errCode?: number;
  errMsg?: string;
}

interface Callbacks<Result> {
  success(result: Result): void;
  fail(failure: ApiFailure): void;
}

/** The argument of `success` of `request`, whatever the status. `data` is parsed if it is JSON, otherwise text. */
export interface ApiResponse {
  statusCode: number;
  data: unknown;
  header?: object;
}

/** The choices of a user who ticked "always keep my choice", by template; no others. */
export interface SubscriptionsSetting {
  mainSwitch?: boolean;
  itemSettings?: object;
}

/**
 * The part of a mini program's global object that is used: the shape of `wx`, which `qq` and `swan` have too. The
 * client works without functions that are missing or fail. Source: developers.weixin.qq.com/miniprogram/dev/api.
 */
export interface MiniProgramApi {
  /** Returns "" or undefined for a key that was never stored. */
  getStorageSync(key: string): unknown;
  setStorage(options: { key: string; data: unknown } & Callbacks<unknown>): unknown;
  request(
    options: {
      url: string;
      method: "POST";
      header: Record<string, string>;
      data: string;
      timeout: number;
    } & Callbacks<ApiResponse>,
  ): unknown;
  login?(options: Callbacks<{ code: string }>): unknown;
  requestSubscribeMessage?(
    options: { tmplIds: string[] } & Callbacks<{ [templateId: string]: string }>,
  ): unknown;
  /** Baidu only: the state of a subscription. Source: smartprogram.baidu.com, swan.subscribeService. */
  subscribeService?(
    options: { templateId: string; subscribeId: string; type: "query" } & Callbacks<{ status?: number }>,
  ): unknown;
  getSetting?(
    options: { withSubscriptions: boolean } & Callbacks<{ subscriptionsSetting?: SubscriptionsSetting }>,
  ): unknown;
}

/** The API as found: any part may be missing. */
export interface FoundApi extends Partial<MiniProgramApi> {
  /** Maximum number of templates in a prompt; defaults to 5. */
  promptSize?: number;
}

/**
 * Calls the platform and returns a promise: called at once, before this returns (a prompt may only be requested within
 * the handler of a tap). Rejects with the platform's failure, also if there is no such function.
 */
export function callApi<Result>(
  api: Partial<MiniProgramApi>,
  name: keyof MiniProgramApi,
  options: object,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const calls = api as Record<string, (options: object) => unknown>;
    if (!calls[name]) throw { errMsg: `${name}: not on this platform` };
    const returned = Object(calls[name](Object.assign({ success: resolve, fail: reject }, options)));
    // If a call also returns a promise, its rejection must not be left unhandled.
    if (returned.then) returned.then(undefined, reject);
  });
}
