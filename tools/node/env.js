// Stands for the functions of a proxy where a test under node links a whole policy. The tests call none of them.
const absent = (name) => () => {
    throw new Error(`${name} was called: node is no proxy`);
};
module.exports = new Proxy({}, { get: (_, name) => absent(String(name)), has: () => true });
