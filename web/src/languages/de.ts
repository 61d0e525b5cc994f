export default import.meta.glob(['../*/locales/de.json', '!../{meeting,flows,emoji,search}/**'], { eager: true, import: 'default' });
