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

/** Of a prompt: by template what was chosen, or in a silent one what was chosen the last time; and lists. */
interface AlipayPrompt {
  /** False: no prompt was shown, because the user had told it to keep a choice. */
  show?: boolean;
  result?: {
    /** What this call has added. */
    currentSubscribedEntityIds?: string[];
  };
}

/** What is used of Alipay's `my`. Source: opendocs.alipay.com/mini/api. */
export interface AlipayApi {
  getStorageSync(options: { key: string }): { data?: unknown; error?: unknown };
  setStorage(options: object): unknown;
  request(options: object): unknown;
  getAuthCode(options: object): unknown;
  requestSubscribeMessage?(options: object): unknown;
}

/** Alipay's `my` in the shape of `wx`. Its prompt has the name of WeChat's, but other options and other results. */
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
 * Only what this call has added is one message more: a silent call repeats the last choice, and a long-term template that the user
 * has already adds nothing. Older clients give no lists.
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
