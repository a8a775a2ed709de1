/** What a platform hands to `fail`; `my` calls its code `error`. */
export interface ApiFailure {
  errCode?: number;
  errMsg?: string;
}

interface Callbacks<Result> {
  success(result: Result): void;
  fail(failure: ApiFailure): void;
}

/** What `request` hands to `success`, whatever the status. `data` is parsed where it is JSON, else text. */
export interface ApiResponse {
  statusCode: number;
  data: unknown;
  header?: object;
}

/** Choices of a user who ticked "always keep my choice", by template; only those. */
export interface SubscriptionsSetting {
  mainSwitch?: boolean;
  itemSettings?: object;
}

/**
 * The part of a mini program's global object that is used: `wx`'s shape, which `qq` and `swan` have too. What is absent
 * or fails is done without. Source: developers.weixin.qq.com/miniprogram/dev/api.
 */
export interface MiniProgramApi {
  /** Gives "" or undefined for what was never stored. */
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
  /** Baidu's alone: what became of a subscription. Source: smartprogram.baidu.com, swan.subscribeService. */
  subscribeService?(
    options: { templateId: string; subscribeId: string; type: "query" } & Callbacks<{ status?: number }>,
  ): unknown;
  getSetting?(
    options: { withSubscriptions: boolean } & Callbacks<{ subscriptionsSetting?: SubscriptionsSetting }>,
  ): unknown;
}

/** What may be there of it. */
export interface FoundApi extends Partial<MiniProgramApi> {
  /** Templates that a prompt takes; absent: 5. */
  promptSize?: number;
}

/**
 * A call of the platform as a promise: made at once, before this returns (a prompt may only be asked for within the
 * handler of a tap). Rejects with what the platform says, also where there is no such call.
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
    // Where a call gives a promise as well, its rejection must not be left unhandled.
    if (returned.then) returned.then(undefined, reject);
  });
}
