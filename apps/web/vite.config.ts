import { defineConfig } from 'vite';

/** The page, built into `dist`: what the api role serves. `npm start` and `npm test` build it when its sources changed. */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // One script is all of the page; scripts/bench-web.ts holds it to its budget.
    chunkSizeWarningLimit: 700,
  },
  server: {
    // `npx vite apps/web` beside a running `npm start`: the page reloads as its sources change.
    proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true, changeOrigin: true } },
  },
});
