/**
 * Shows in plain words that the page could not start: a script that fails while it is loaded would leave the window
 * blank, before there is anything that could catch the error. Imported first.
 */
const failed = (event: ErrorEvent) => {
  const root = document.getElementById('root');
  if (root === null || root.dataset.started !== undefined) return;
  const reload = document.createElement('button');
  reload.type = 'button';
  reload.className = 'button button-main';
  reload.textContent = 'Reload';
  reload.addEventListener('click', () => location.reload());
  const text = document.createElement('p');
  text.textContent = 'Tailrace could not start in this browser. Reload it, or try another browser.';
  const detail = document.createElement('pre');
  detail.textContent = `${event.message}\n${event.filename}:${event.lineno}`;
  const box = document.createElement('div');
  box.className = 'failure';
  box.setAttribute('role', 'alert');
  box.append(text, detail, reload);
  root.replaceChildren(box);
};
window.addEventListener('error', failed);

/** From now on errors are caught where they happen. */
export function started(root: HTMLElement): void {
  root.dataset.started = '';
  window.removeEventListener('error', failed);
}
