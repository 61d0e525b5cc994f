export default import.meta.glob(['../*/locales/de.json', '!../{meeting,flows,emoji}/**'], { eager: true, import: 'default' });
