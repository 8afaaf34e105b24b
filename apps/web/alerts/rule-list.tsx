import type { AlertRule } from '@tailrace/http/contract/generated.ts';
import { useCallback, useState } from 'react';
import { filterText } from '../live/query/query.ts';
import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { useConnections } from '../ui/loading/use-connections.ts';
import { useResource } from '../ui/loading/use-resource.ts';
import { navigate, pagePath } from '../ui/route.ts';
import { conditionWords, kindOf, type RuleKind } from './rule-draft.ts';
import { RuleForm } from './rule-form.tsx';
import { Severity } from './severity.tsx';

/** When people are notified: the project's rules. */
export function RuleList({ opened }: { readonly opened: string | undefined }) {
  const { api, project, mayEdit } = useApp();
  const [adding, setAdding] = useState(false);
  const connections = useConnections();
  const read = useCallback(
    async (signal: AbortSignal) => {
      const answer = await api.call('GET alert-rules/{id}', { path: { id: project }, signal });
      return 'rules' in answer ? answer.rules : [answer];
    },
    [api, project],
  );
  const readKinds = useCallback(
    async (signal: AbortSignal) => (await api.call('GET alert-types', { signal })).alert_types,
    [api],
  );
  const { value: rules, problem, reload } = useResource(read);
  const { value: kinds, problem: kindsProblem } = useResource(readKinds);
  const shown = rules?.find(({ id }) => id === opened);
  const close = () => {
    setAdding(false);
    // Whatever ended it, the next form begins with what is true now: somebody else may have changed the rule.
    reload();
    navigate(pagePath(project, 'alerts', 'rules'));
  };
  return (
    <>
      <div className="page-head">
        <h1>Rules</h1>
        <span className="grow" />
        {mayEdit && (
          <button type="button" className="button button-main" onClick={() => setAdding(true)}>
            <Icon name="plus" /> Add a rule
          </button>
        )}
      </div>
      {(problem ?? kindsProblem) && <p className="banner banner-bad">{problem ?? kindsProblem}</p>}
      {rules?.length === 0 && (
        <div className="empty">
          <p>
            <strong>No rule yet.</strong>
          </p>
          <p className="dim">
            Too many errors, a line like none should be, a source gone silent: say when you want to know.
          </p>
        </div>
      )}
      {rules && rules.length > 0 && (
        <ul className="item-list">
          {rules.map((rule) => (
            <RuleRow
              key={rule.id}
              rule={rule}
              kind={kinds && kindOf(kinds, rule.alert_type)}
              connectionName={(id) => connections.names.get(id) ?? id}
            />
          ))}
        </ul>
      )}
      {opened !== undefined && rules && !shown && <p className="banner banner-warn">There is no rule {opened}.</p>}
      {shown && connections.all && kinds && <RuleForm key={shown.id} rule={shown} kinds={kinds} onClose={close} />}
      {adding && connections.all && kinds && <RuleForm kinds={kinds} onClose={close} />}
    </>
  );
}

function RuleRow({
  rule,
  kind,
  connectionName,
}: {
  readonly rule: AlertRule;
  readonly kind: RuleKind | undefined;
  readonly connectionName: (id: string) => string;
}) {
  const { project } = useApp();
  return (
    <li className="alert">
      <Severity severity={rule.severity} />
      <div className="item-what">
        <Link className="item-name" to={pagePath(project, 'alerts', 'rules', rule.id)}>
          {rule.name}
        </Link>
        <span className="dim item-line">
          {conditionWords(kind, rule)}
          {rule.group_by !== null && `, for each ${rule.group_by}`}
          {rule.filter !== null && `, of ${filterText(rule.filter, connectionName)}`}
        </span>
        {rule.not_evaluated !== null && (
          <span className="not-evaluated">
            <strong>Not evaluated.</strong> {rule.not_evaluated}
          </span>
        )}
      </div>
      {!rule.enabled && <span className="tag">disabled</span>}
      <span className="dim">at most every {rule.cooldown_minutes} min</span>
    </li>
  );
}
