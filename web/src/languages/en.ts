export default import.meta.glob(['../*/locales/en.json', '!../{meeting,flows,emoji}/**'], { eager: true, import: 'default' });
