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
  ['payment failed', 'text in the line, whatever its case'],
  ['-healthcheck', 'not with this text'],
  ['/timeout|refused/', 'a regular expression (RE2)'],
  ['level:warn', 'this level and above'],
  ['levels:error,unset', 'exactly these levels'],
  ['connection:"shop production"', 'from this source'],
  ['-connection:staging', 'from the others'],
  ['service:cart service:shop', 'with either value of this attribute'],
  ['-region:eu -region:us', 'with neither'],
  ['"user id":42', 'with this attribute, of any name'],
  ['trace:4bf92f35…', 'of this trace'],
  ['parser:plain', 'that no parser knew'],
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
