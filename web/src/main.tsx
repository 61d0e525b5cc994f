import './ui/tokens.css';
import './ui/base.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './app/App';
import { loadDoorway } from './app/doorway';
import { startLanguages } from './app/i18n';
import { applyTheme, theme } from './app/preferences';
import { keepClient } from './sw/keep';

applyTheme(theme());
void loadDoorway();
await startLanguages();
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
if (import.meta.env.PROD) keepClient();
