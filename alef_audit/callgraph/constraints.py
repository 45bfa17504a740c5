"""Kinds of constraints that one part of the solver needs; those of all parts are in `state.py`."""

from typing import Final

CLASS_OF: Final = 50  # (CLASS_OF, destination): the classes of the instances that arrive, and classes themselves
SUPER_OF: Final = 51  # (SUPER_OF, destination): the superclass views of instances of the classes that arrive
META: Final = 52  # (META, class): classes that arrive are metaclasses of that class
NEW_OF: Final = 53  # (NEW_OF, call, class, result): functions that arrive are the __new__ of that class, called there
INIT: Final = 54  # (INIT, call, class, result): what arrives was returned by that __new__
MAKE: Final = 55  # (MAKE, destination): an instance of the class that arrives
MAKE_FIELD: Final = 56  # (MAKE_FIELD, call, field): what arrives is called there to make a field's default
READ: Final = 57  # (READ, destination, function, line, argument…): functions that arrive are run by a read
WRITE: Final = 58  # (WRITE, source, function, line, argument…): functions that arrive are run by an assignment
SET_ON: Final = 59  # (SET_ON, source, function, line, base): descriptors that arrive are assigned to
RUN: Final = 60  # (RUN, function, line): functions that arrive are run by a class statement
RECEIVER: Final = 61  # (RECEIVER, call, function): a class method is called on what arrives
ON_INSTANCE: Final = 62  # (ON_INSTANCE, destination, name): LOAD, but not from classes: accessors serve instances
BOUND: Final = 63  # (BOUND, call): functions that arrive are given the further arguments of that call of partial
DISPATCH: Final = 64  # (DISPATCH,): functions that arrive are generic
REGISTER: Final = 65  # (REGISTER, function, destination): functions that arrive implement a generic function
HEIR: Final = 66  # (HEIR, token): what arrives is the prototype of the token
HEIR_OF: Final = 67  # (HEIR_OF, variable): what the variable holds is the prototype of what arrives
INHERITS: Final = 68  # (INHERITS, variable): constructor functions that arrive derive from those in the variable
SUBTYPE: Final = 69  # (SUBTYPE, function): constructor functions that arrive are what that function derives from
TAKE: Final = 70  # (TAKE, token): what arrives takes every field of the token
AROUND: Final = 73  # (AROUND, token): calls of functions that arrive enter and leave the instance
RESULT: Final = 71  # (RESULT, destination): what the functions that arrive give back
VALUE_OF: Final = 72  # (VALUE_OF, destination): values of enum members, methods left out
METHOD: Final = 80  # (METHOD, call): the call is one of a collection's methods if collections arrive
GIVE: Final = 81  # (GIVE, source, position, call): functions that arrive get what source holds as that parameter
RETURNED: Final = 82  # (RETURNED, destination, call): what calling the functions that arrive gives
COLLECT: Final = 83  # (COLLECT, destination): a new collection of the elements of those that arrive
ENTRIES: Final = 84  # (ENTRIES, token): pairs that arrive are entries of the mapping
TAKE_ENTRIES: Final = 85  # (TAKE_ENTRIES, source): mappings that arrive take the pairs in source as entries
LINKED: Final = 86  # (LINKED, call, destination): functions that arrive are run by the call without its arguments
OPERATE: Final = 30  # (OPERATE, row): instances that arrive are operands of that operation
MATCH: Final = 31  # (MATCH, destination, pattern): members whose names fit
NAMED: Final = 32  # (NAMED, destination, name): what a module's __getattr__ gives for that name
FINISHED: Final = 34  # (FINISHED, destination): what the task that arrives gives when it is done
SAME: Final = 33  # (SAME, destination): instances that arrive, and instances of classes that arrive
