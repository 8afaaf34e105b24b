import { started } from './start-guard.ts';
import './ui/browser/stand-ins.ts';
import './ui/tokens.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import { applyTheme, storedTheme } from './ui/theme.ts';

applyTheme(storedTheme());
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no root');
started(root);
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary name="Tailrace">
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
