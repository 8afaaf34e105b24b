import { useApp } from '../../ui/app-context.ts';
import { Icon } from '../../ui/icon.tsx';
import { Link } from '../../ui/link.tsx';
import { Popover } from '../../ui/popover.tsx';
import { pagePath } from '../../ui/route.ts';
import { count, shortMoment } from '../../ui/text/format.ts';
import { oneLine } from '../../ui/text/visible-text.ts';
import { SearchableList } from '../searchable-list.tsx';
import { type SourceHealth, summaryOf } from './source-health.ts';

/** All sources in a few words, `58 ok · 2 behind · 1 stopped`, with the worst of them spelled out; each one on a click. */
export function SourceStatus({ sources }: { readonly sources: readonly SourceHealth[] }) {
  const troubled = sources.filter(({ tone }) => tone === 'bad' || tone === 'warn');
  return (
    <>
      <Trouble sources={troubled} />
      <Popover
        align="end"
        className="source-summary"
        label={
          <>
            <span className="visually-hidden">Sources: </span>
            <span className="cut">
              {summaryOf(sources).map(({ group, tone, count: number }, index) => (
                <span key={group} className={`tone-${tone} number`}>
                  {index > 0 && <span className="dim"> · </span>}
                  {count(number)} {group}
                </span>
              ))}
            </span>
            <Icon name="up" />
          </>
        }
      >
        {() => (
          <div className="source-panel">
            <SearchableList what="sources" items={sources} textOf={({ name }) => name}>
              {(source) => <Source key={source.id} source={source} />}
            </SearchableList>
          </div>
        )}
      </Popover>
    </>
  );
}

function Trouble({ sources: [worst, ...others] }: { readonly sources: readonly SourceHealth[] }) {
  const { project } = useApp();
  if (worst === undefined) return null;
  const text = [`${oneLine(worst.name)}: ${worst.words}`, worst.reason && oneLine(worst.reason)].filter(Boolean);
  return (
    <Link className={`source-trouble tone-${worst.tone}`} to={pagePath(project, 'connections', worst.id)}>
      <span className="dot" />
      <span className="cut" title={text.join('. ')}>
        {text.join('. ')}
      </span>
      {others.length > 0 && <span className="number"> +{others.length}</span>}
    </Link>
  );
}

function Source({ source }: { readonly source: SourceHealth }) {
  const { project } = useApp();
  const { id, name, tone, words, reason, help, completeUpTo } = source;
  return (
    <li className={`source tone-${tone}`}>
      <span className="dot" />
      <Link className="source-name" to={pagePath(project, 'connections', id)}>
        {oneLine(name)}
      </Link>
      <span className="number source-words">{words}</span>
      <span className="dim number" title="Every earlier line has been read">
        {completeUpTo && `complete to ${shortMoment(completeUpTo)}`}
      </span>
      {reason && (
        <p className="source-reason">
          {oneLine(reason)} {help && <span className="dim">{oneLine(help)}</span>}
        </p>
      )}
    </li>
  );
}
