import { fieldNamed } from '@tailrace/log-query/query/field-text.ts';
import { Icon } from '../../ui/icon.tsx';
import type { Resource } from '../../ui/loading/use-resource.ts';
import { count } from '../../ui/text/format.ts';
import { oneLine } from '../../ui/text/visible-text.ts';
import type { QueryPart } from '../query/query-parts.ts';
import { inPlainWords } from '../session/refusal.ts';
import { type FieldSample, facetsOf, type NameOf, type SampledField, stateOf, valuesShown } from './facets.ts';

interface FacetPanelProps {
  readonly id: string;
  readonly sample: Resource<FieldSample | undefined>;
  readonly query: string;
  /** What stacks the histogram; undefined: severity. */
  readonly by: string | undefined;
  readonly nameOf: NameOf;
  readonly onPart: (part: QueryPart) => void;
  readonly onGroup: (field: string | undefined) => void;
  readonly onClose: () => void;
}

/** Values of the fields of the newest lines, beside the list: pressing one shows its lines, with Alt all others. */
export function FacetPanel(props: FacetPanelProps) {
  const { id, sample, onClose } = props;
  const { value: found, problem } = sample;
  return (
    <aside id={id} className="facets" aria-label="Fields">
      <div className="facets-head">
        <h2>Fields</h2>
        <button type="button" className="icon-button" aria-label="Close the fields" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {problem !== undefined && <p className="facets-note tone-bad">{inPlainWords(problem)}</p>}
      <p className="facets-note dim">{found === undefined ? 'Looking…' : noteOf(found)}</p>
      {found !== undefined &&
        facetsOf(found, props.query).map((field) => <Facet key={field.name} {...props} field={field} />)}
    </aside>
  );
}

function noteOf({ lines, complete }: FieldSample): string {
  if (lines === 0) return 'No line matches.';
  return complete ? `Of all ${count(lines)} lines` : `Of the newest ${count(lines)} lines`;
}

function Facet({ field, query, by, nameOf, onPart, onGroup }: FacetPanelProps & { readonly field: SampledField }) {
  const name = oneLine(field.name);
  const isGrouping = by === field.name || (by === undefined && field.name === 'level');
  return (
    <details className="facet" open>
      <summary>
        <bdi className="cut">{name}</bdi>
        <span className="dim">{count(field.distinct)}</span>
      </summary>
      <ul aria-label={`Values of ${name}`}>
        {valuesShown(query, field, nameOf).map(({ text, lines }) => (
          <FacetValue key={text} query={query} name={field.name} text={text} lines={lines} onPart={onPart} />
        ))}
      </ul>
      {field.distinct > field.values.length && (
        <p className="facets-note dim">{count(field.distinct - field.values.length)} more values</p>
      )}
      <button
        type="button"
        className="link-button facet-group"
        aria-pressed={isGrouping}
        onClick={() => onGroup(isGrouping || field.name === 'level' ? undefined : field.name)}
      >
        {isGrouping ? 'Stacks the histogram' : 'Group by'}
        <span className="visually-hidden"> {name}</span>
      </button>
    </details>
  );
}

interface FacetValueProps extends Pick<FacetPanelProps, 'query' | 'onPart'> {
  readonly name: string;
  readonly text: string;
  readonly lines: number;
}

function FacetValue({ query, name, text, lines, onPart }: FacetValueProps) {
  const field = fieldNamed(name);
  const state = stateOf(query, field, text);
  const shown = text === '' ? '(empty)' : oneLine(text);
  const press = (negative: boolean) => onPart({ field, value: text, negative });
  return (
    <li className={state === undefined ? 'facet-value' : `facet-value is-${state}`}>
      <button
        type="button"
        className="facet-only"
        aria-pressed={state === 'wanted'}
        aria-label={`Only ${oneLine(name)} ${shown}, ${count(lines)} lines`}
        title="Only these. Alt: all but these"
        onClick={(event) => press(event.altKey)}
      >
        <bdi className="cut">{shown}</bdi>
        <span className="dim">{count(lines)}</span>
      </button>
      <button
        type="button"
        className="icon-button"
        aria-pressed={state === 'left-out'}
        aria-label={`Without ${oneLine(name)} ${shown}`}
        title="All but these"
        onClick={() => press(true)}
      >
        <Icon name="minus" />
      </button>
    </li>
  );
}
