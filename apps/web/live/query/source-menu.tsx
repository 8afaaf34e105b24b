import { Icon } from '../../ui/icon.tsx';
import { Popover } from '../../ui/popover.tsx';
import { oneLine } from '../../ui/text/visible-text.ts';
import { SearchableList } from '../searchable-list.tsx';

interface SourceMenuProps {
  /** Names by id. */
  readonly names: ReadonlyMap<string, string>;
  /** Names or ids of those that are shown; all when empty. */
  readonly chosen: readonly string[];
  readonly onChoose: (chosen: readonly string[]) => void;
}

/** Which sources are shown. */
export function SourceMenu({ names, chosen, onChoose }: SourceMenuProps) {
  const [only] = chosen;
  return (
    <Popover
      label={
        <>
          <span className="cut">
            {only === undefined
              ? 'All sources'
              : chosen.length === 1
                ? oneLine(names.get(only) ?? only)
                : `${chosen.length} sources`}
          </span>
          <Icon name="down" />
        </>
      }
      className="button filter-sources"
    >
      {() => (
        <fieldset className="choices">
          <legend className="visually-hidden">Sources</legend>
          <SearchableList what="sources" items={[...names]} textOf={([, name]) => name}>
            {([id, name]) => (
              <li key={id}>
                <label className="check menu-item">
                  <span>{oneLine(name)}</span>
                  <input
                    type="checkbox"
                    checked={chosen.includes(name) || chosen.includes(id)}
                    onChange={({ target }) =>
                      onChoose(
                        target.checked ? [...chosen, name] : chosen.filter((each) => each !== name && each !== id),
                      )
                    }
                  />
                </label>
              </li>
            )}
          </SearchableList>
          {names.size === 0 && <p className="dim">No connection yet.</p>}
          {chosen.length > 0 && (
            <button type="button" className="menu-item link-button" onClick={() => onChoose([])}>
              All sources
            </button>
          )}
        </fieldset>
      )}
    </Popover>
  );
}
