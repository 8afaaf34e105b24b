import { isUuidAt } from '../../characters.ts';
import type { AnchoredParser } from '../text-parser.ts';

/**
 * `(request id) message`, the execution log of an API Gateway.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export const apiGateway: AnchoredParser = {
  name: 'api-gateway',
  beginnings: ['other'],
  read({ text }, draft) {
    if (text.charCodeAt(0) !== 0x28 || !isUuidAt(text, 1) || !text.startsWith(') ', 37)) return false;
    draft.attribute('aws.request_id', text.slice(1, 37));
    draft.message(text.slice(39));
    return true;
  },
};
