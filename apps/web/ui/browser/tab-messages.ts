/** Says something to the page's other tabs. */
export interface TabMessages {
  say(text: string): void;
  close(): void;
}

/**
 * Listens to the page's other tabs. Where the browser has no BroadcastChannel, messages go by the storage event; where
 * it refuses storage too, the tabs do not hear of each other.
 */
export function openTabMessages(name: string, onMessage: (text: string) => void): TabMessages {
  const { BroadcastChannel: Channel } = window;
  if (typeof Channel === 'function') {
    const channel = new Channel(name);
    channel.addEventListener('message', ({ data }) => onMessage(String(data)));
    return { say: (text) => channel.postMessage(text), close: () => channel.close() };
  }
  const heard = ({ key, newValue }: StorageEvent) => {
    if (key === name && newValue !== null) onMessage(newValue);
  };
  window.addEventListener('storage', heard);
  return {
    say: (text) => {
      try {
        localStorage.setItem(name, text);
        localStorage.removeItem(name);
      } catch {
        // Refused: the other tabs find out when they next ask the server.
      }
    },
    close: () => window.removeEventListener('storage', heard),
  };
}
