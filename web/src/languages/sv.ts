export default import.meta.glob(['../*/locales/sv.json', '!../{meeting,flows,emoji}/**'], { eager: true, import: 'default' });
