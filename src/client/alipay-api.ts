import type { ApiFailure, ApiResponse, MiniProgramApi } from "./api.ts";

interface AlipayResponse {
  status: number;
  data: unknown;
  headers: object;
}

/** What is used of Alipay's `my`. Source: opendocs.alipay.com/mini/api. */
export interface AlipayApi {
  getStorageSync(options: { key: string }): { data?: unknown; error?: unknown };
  setStorage(options: object): unknown;
  request(options: object): unknown;
  getAuthCode(options: object): unknown;
}

/**
 * Alipay's `my` in the shape of `wx`. Its prompt for subscriptions has the name of WeChat's, other options and other
 * results: it is left out, so that nobody takes one for the other.
 */
export function adaptAlipayApi(my: AlipayApi): Partial<MiniProgramApi> {
  return {
    getStorageSync(key) {
      const answer = my.getStorageSync({ key });
      if (answer.error) throw answer;
      return answer.data;
    },
    setStorage: (options) => my.setStorage(options),
    request(options) {
      const { header: headers, success, fail } = options;
      const pass = ({ status, data, headers }: AlipayResponse) =>
        success({ statusCode: status, data, header: headers } satisfies ApiResponse);
      my.request(
        Object.assign({}, options, {
          headers,
          success: pass,
          // An answer with another status than 2xx is failure 19, with the status beside it.
          fail: (answer: AlipayResponse & ApiFailure) => (answer.status ? pass(answer) : fail(answer)),
        }),
      );
    },
    login: ({ success, fail }) =>
      my.getAuthCode({
        scopes: "auth_base",
        success: (answer: { authCode: string }) => success({ code: answer.authCode }),
        fail,
      }),
  };
}
