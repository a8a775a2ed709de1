import { GATEWAY_PATH, SEND_METHOD } from "../../platforms/alipay/wire.ts";
import { sendText } from "../answers.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Platform, Verdict } from "../platform.ts";
import { answerSend, type Dialect } from "../send-route.ts";
import { renderAnswer } from "./answer.ts";
import { readParameters } from "./request.ts";

/** Alipay has a single address for all methods. */
export const ALIPAY_ENDPOINTS: readonly (readonly [path: string, endpoint: Endpoint])[] = [
  [
    GATEWAY_PATH,
    {
      kind: "send",
      method: "POST",
      answer: (platform, { url, body }, reply) => {
        const parameters = readParameters(url, body);
        if (!parameters) sendText(reply, 400, "a parameter is there twice\n");
        else answerSend(platform, () => platform.sendAlipay(parameters), reply, dialectOf(platform));
      },
    },
  ],
];

/**
 * Verdicts are words, 0 for delivered. The faults for tokens and for a day's quota have no effect here: there are no tokens,
 * and the vendor documents no such quota.
 */
function dialectOf({ alipayKeys }: Platform): Dialect {
  return {
    render: ({ errcode, errmsg, isGatewayError }: Verdict) => {
      const word = errcode === 0 ? "10000" : String(errcode);
      return renderAnswer(
        { word, told: errmsg, isGatewayError: isGatewayError === true },
        SEND_METHOD,
        alipayKeys,
      );
    },
    ofFault: (errcode) => ({ errcode: FAULTS[errcode] ?? `40004/SANDBOX_${errcode}` }),
  };
}

/** WeChat's errcodes of the faults, mapped to Alipay's. */
const FAULTS: Record<number, string> = {
  [-1]: "20000/isp.unknow-error",
  45011: "40005/isv.app-call-limited",
  45103: "40006/isv.insufficient-isv-permissions",
};
