import { Dialog } from '../ui/dialog.tsx';

const keys: readonly (readonly [keys: readonly string[], meaning: string])[] = [
  [['/'], 'write a filter'],
  [['space'], 'pause, and follow again'],
  [['j', '↓'], 'next line'],
  [['k', '↑'], 'line before'],
  [['g', 'G'], 'first line, newest line'],
  [['enter'], 'open the line'],
  [['esc'], 'close the line'],
  [['?'], 'this page'],
];

const filters: readonly (readonly [example: string, meaning: string])[] = [
  ['payment failed', 'with both words, whatever their case'],
  ['"payment failed"', 'with this text'],
  ['-healthcheck', 'without this word'],
  ['/timeout|refused/', 'a regular expression (RE2)'],
  ['level:warn', 'this level and above; level=warn is exactly it'],
  ['connection:"shop production"', 'from this source'],
  ['service:(cart OR shop*)', 'with either value; * stands for anything'],
  ['-region:*', 'without this attribute'],
  ['status>=500 duration>1.5s', 'numbers, durations and sizes compared'],
  ['(a OR b) NOT c', 'together, either, and without'],
  ['"user id":42', 'with this attribute, of any name'],
  ['trace:4bf9*', 'of the traces that begin so'],
];

/** What the keyboard does, and how filters are written. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys and filters" onClose={onClose}>
      <div className="help">
        <dl>
          {keys.map(([names, meaning]) => (
            <div key={meaning}>
              <dt>
                {names.map((name) => (
                  <kbd key={name}>{name}</kbd>
                ))}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <dl>
          {filters.map(([example, meaning]) => (
            <div key={example}>
              <dt>
                <code>{example}</code>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </div>
      <p className="dim">
        The filter runs on the server, over live and stored lines alike. Drag over the histogram to look at a part of
        the past. The address of this page holds all of it: send it to somebody, and they see what you see.
      </p>
    </Dialog>
  );
}
