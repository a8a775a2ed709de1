import type { ApiFailure, ApiResponse, FoundApi } from "./api.ts";

interface AlipayResponse {
  status: number;
  data: unknown;
  headers: object;
}

interface AlipayFailure extends ApiFailure {
  error?: number;
  errorCode?: number;
  errorMessage?: string;
}

/** The result of a prompt: for each template the choice, or in a silent one the choice made before; and lists. */
interface AlipayPrompt {
  /** False: no prompt was shown, because the user had chosen to keep an earlier choice. */
  show?: boolean;
  result?: {
    /** Templates added by this call. */
    currentSubscribedEntityIds?: string[];
  };
}

/** The part of Alipay's `my` that is used. Source: opendocs.alipay.com/mini/api. */
export interface AlipayApi {
  getStorageSync(options: { key: string }): { data?: unknown; error?: unknown };
  setStorage(options: object): unknown;
  request(options: object): unknown;
  getAuthCode(options: object): unknown;
  requestSubscribeMessage?(options: object): unknown;
}

/** Adapts Alipay's `my` to the shape of `wx`. Its prompt has the same name as WeChat's, but other options and results. */
export function adaptAlipayApi(my: AlipayApi): FoundApi {
  const adapted: FoundApi = {
    promptSize: 3,
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
          // An answer with a status other than 2xx is failure 19, together with the status.
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
  if (my.requestSubscribeMessage)
    adapted.requestSubscribeMessage = ({ tmplIds, success, fail }) =>
      my.requestSubscribeMessage!({
        entityIds: tmplIds,
        success: (answer: AlipayPrompt) => success(readStatuses(tmplIds, answer)),
        fail: (failure: AlipayFailure) =>
          fail({ errCode: failure.errorCode || failure.error!, errMsg: failure.errorMessage! }),
      });
  return adapted;
}

/**
 * Only what this call has added is one more message: a silent call repeats the last choice, and a long-term template that the
 * user already has adds nothing. Older clients return no lists.
 */
function readStatuses(ids: string[], answer: AlipayPrompt): { [templateId: string]: string } {
  const added = Object(answer.result).currentSubscribedEntityIds as string[] | undefined;
  const statuses: { [templateId: string]: string } = {};
  for (const id of ids) {
    const status = (answer as Record<string, string>)[id]!;
    if (added) statuses[id] = added.includes(id) ? "accept" : status === "accept" ? "known" : "reject";
    else statuses[id] = answer.show === false ? "known" : status;
  }
  return statuses;
}
