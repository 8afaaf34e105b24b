import './alerts.css';
import { useApp } from '../ui/app-context.ts';
import { Link } from '../ui/link.tsx';
import { pagePath, routeOf, useAddress } from '../ui/route.ts';
import { AlertList } from './alert-list.tsx';
import { ChannelList } from './channel-list.tsx';
import { RuleList } from './rule-list.tsx';

const parts = [
  ['', 'Alerts'],
  ['rules', 'Rules'],
  ['channels', 'Channels'],
] as const;

/** What needs somebody: alerts, the rules they come from, and where they are sent. */
export function AlertsPage() {
  const { project } = useApp();
  const [part, id] = routeOf(useAddress().path).rest;
  const shown = part === 'rules' || part === 'channels' ? part : '';
  return (
    <div className="page-inner">
      <nav className="subnav" aria-label="Alerts">
        {parts.map(([name, words]) => (
          <Link
            key={name}
            to={name === '' ? pagePath(project, 'alerts') : pagePath(project, 'alerts', name)}
            current={name === shown}
          >
            {words}
          </Link>
        ))}
      </nav>
      {shown === '' && <AlertList opened={part} />}
      {shown === 'rules' && <RuleList opened={id} />}
      {shown === 'channels' && <ChannelList />}
    </div>
  );
}
