import type { AnchoredParser } from '../text-parser.ts';

const criPattern = / (stdout|stderr) ([FP]) /y;

/**
 * `2024-01-31T10:20:30.123456789Z stdout F message`, as the Kubernetes container runtimes write their files. The line
 * behind it is read for itself.
 * @see https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export const cri: AnchoredParser = {
  name: 'cri',
  beginnings: ['timeSmall'],
  read({ text, time, at, bracketed }, draft, readInner) {
    if (time === '' || bracketed) return false;
    criPattern.lastIndex = at;
    const found = criPattern.exec(text);
    if (found === null) return false;
    draft.time(time);
    draft.attribute('log.iostream', found[1] as string);
    if (found[2] === 'P') draft.attribute('log.partial', 'true');
    readInner(text.slice(criPattern.lastIndex), draft);
    return true;
  },
};
