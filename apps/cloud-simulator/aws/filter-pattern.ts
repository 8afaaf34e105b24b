import { AwsError } from './aws-error.ts';

/**
 * A CloudWatch filter pattern of unstructured terms: words and "quoted phrases" must all occur, `?term` any of them,
 * `-term` none; case counts. The JSON (`{ … }`), space-delimited (`[ … ]`) and `%regex%` forms are refused: the
 * simulator does not know them. Source: CloudWatch Logs user guide, "Filter pattern syntax".
 */
export function filterPattern(pattern: string | undefined): (message: string) => boolean {
  const text = (pattern ?? '').trim();
  if (/^[{[%]/.test(text)) {
    throw new AwsError('InvalidParameterException', 'The simulator knows filter patterns of terms only.');
  }
  const terms = [...text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, phrase, word]) => ({
    sign,
    text: phrase?.replace(/\\(.)/g, '$1') ?? word ?? '',
  }));
  const having = (sign: string) => terms.filter((term) => term.sign === sign).map((term) => term.text);
  const [all, any, none] = [having(''), having('?'), having('-')];
  return (message) =>
    all.every((term) => message.includes(term)) &&
    // With any required or excluded term beside them, CloudWatch ignores the optional ones.
    (any.length === 0 || all.length > 0 || none.length > 0 || any.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}
