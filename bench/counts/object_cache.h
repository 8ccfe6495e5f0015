/* SPDX-License-Identifier: GPL-2.0 */
/* The cache of examples/object_cache in C. */
#include <linux/cpuhotplug.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>
#include <linux/slab.h>

struct object {
	u64 words[32];
};

struct magazine {
	local_trylock_t lock;
	unsigned int count;
	struct object *objects[];
};

struct cache {
	struct magazine __percpu *magazines;
	unsigned int room;
	enum cpuhp_state state;
	struct hlist_node node;
};

struct cache_counts {
	u64 taken, new, freed;
};

static DEFINE_PER_CPU(struct cache_counts, cache_counts);

static struct object *cache_take(struct cache *cache, gfp_t flags)
{
	struct object *object = NULL;
	struct magazine *here;

	if (local_trylock(&cache->magazines->lock)) {
		here = this_cpu_ptr(cache->magazines);
		if (here->count)
			object = here->objects[--here->count];
		local_unlock(&cache->magazines->lock);
	}
	this_cpu_inc(cache_counts.taken);
	if (!object) {
		this_cpu_inc(cache_counts.new);
		object = kzalloc(sizeof(*object), flags);
	}
	return object;
}

static void cache_put(struct cache *cache, struct object *object)
{
	struct magazine *here;

	if (local_trylock(&cache->magazines->lock)) {
		here = this_cpu_ptr(cache->magazines);
		if (here->count < cache->room) {
			here->objects[here->count++] = object;
			object = NULL;
		}
		local_unlock(&cache->magazines->lock);
	}
	if (object) {
		this_cpu_inc(cache_counts.freed);
		kfree(object);
	}
}

static int cache_dead(unsigned int cpu, struct hlist_node *node)
{
	struct cache *cache = hlist_entry(node, struct cache, node);
	struct magazine *dead = per_cpu_ptr(cache->magazines, cpu);

	this_cpu_add(cache_counts.freed, dead->count);
	while (dead->count)
		kfree(dead->objects[--dead->count]);
	return 0;
}

static void cache_exit(struct cache *cache)
{
	int cpu;

	if (!cache->magazines)
		return;
	if (cache->state) {
		cpuhp_state_remove_instance_nocalls(cache->state, &cache->node);
		cpuhp_remove_multi_state(cache->state);
	}
	for_each_possible_cpu(cpu)
		cache_dead(cpu, &cache->node);
	free_percpu(cache->magazines);
}

static int cache_init(struct cache *cache, unsigned int room)
{
	int cpu, state;

	cache->room = room;
	cache->magazines = __alloc_percpu(struct_size(cache->magazines, objects, room),
					  __alignof__(struct magazine));
	if (!cache->magazines)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		local_trylock_init(&per_cpu_ptr(cache->magazines, cpu)->lock);
	state = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN, "percpu_bench:dead", NULL, cache_dead);
	if (state < 0)
		return state;
	cache->state = state;
	return cpuhp_state_add_instance_nocalls(cache->state, &cache->node);
}
